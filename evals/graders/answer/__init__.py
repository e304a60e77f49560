"""Graders that look at the final answer."""
