"""Sending the messages: checks, comments, issues, outputs of a step."""
