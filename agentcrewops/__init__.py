"""The staircase: the command line that leads to every room."""

__version__ = "0.1.0"
