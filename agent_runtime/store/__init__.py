"""Rows: runs, steps and money, in one schema."""
