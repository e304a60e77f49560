"""Folders that the workers of one test session share: each is made once, and copied by whoever changes it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SharedFolders:
    """Folders under `root`, which all workers see."""

    root: Path

    def folder(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder of this name; the first who asks makes it, and the others wait.

        Nobody may write into it. If `make` fails, the next who asks makes it anew.
        """
        finished = self.root / name
        lock = os.open(self.root / f"{name}.lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not finished.exists():
                draft = self.root / f"{name}.draft-{os.getpid()}-{len(list(self.root.iterdir()))}"
                draft.mkdir()
                make(draft)
                draft.rename(finished)
        finally:
            os.close(lock)
        return finished
