"""Graders that look at what the agent did: calls, their order, limits, the state it left."""
