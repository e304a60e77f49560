"""Files: what a run read and wrote."""

from agent_runtime.artifacts.folder import Folder
from agent_runtime.artifacts.interface import Artifacts, CannotKeep

__all__ = ["Artifacts", "CannotKeep", "Folder"]
