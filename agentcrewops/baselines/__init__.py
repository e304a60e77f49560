"""Saving and showing baselines, for Canary and for Guardian."""
