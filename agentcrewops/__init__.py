"""The staircase: the command line that leads to every room."""

from agent_runtime import __version__

__all__ = ["__version__"]
