"""Estimates, tests and the plan of looks; numbers in, numbers out."""
