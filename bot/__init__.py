"""The door: GitHub in, GitHub out."""
