"""Processes that an evaluation starts and stops: servers, commands, Python workers."""
