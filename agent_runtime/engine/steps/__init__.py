"""How each kind of step is performed: plan, tool, critic."""
