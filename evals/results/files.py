"""How a results folder is written: files appear whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from agent_runtime.errors import CannotMeasure, InvalidInput
from agent_runtime.files.atomic_file import replace_file


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Replace `path` by `lines`; a reader sees the old file or the new one, never a part.

    Raises:
        InvalidInput: if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, (f"{line}\n".encode(errors="replace") for line in lines))
    except OSError as error:
        fix = "choose a place that can be written to"
        raise InvalidInput.one(path, f"cannot be written: {error.strerror}", fix) from None


def prepare_folder(folder: Path) -> None:
    """Make `folder` and prove that it can be written, before anything is spent on what goes into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InvalidInput.one(
            folder, f"cannot be written: {error.strerror}", "choose another --out"
        ) from None


class CannotKeepRuns(CannotMeasure):
    """The disk is full or gone; what was written before is whole, and can be gone on with."""
