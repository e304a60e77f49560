"""Canary, end to end: prepare, measure, decide, confirm, keep."""
