"""The resistance tier: the agent's own model, attacked many times."""
