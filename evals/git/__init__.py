"""What git knows of a change: the rules of its base, the agent of its baseline."""
