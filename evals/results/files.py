"""How a results folder is written: files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from agent_runtime.errors import CannotMeasure, InvalidInput


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Replace `path` by `lines`; a reader sees the old file or the new one, never a part.

    Raises:
        InvalidInput: if it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
        draft.replace(path)
    except OSError as error:
        fix = "choose a place that can be written to"
        raise InvalidInput.one(path, f"cannot be written: {error.strerror}", fix) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


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


def replace_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: a reader never sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class CannotKeepRuns(CannotMeasure):
    """The disk is full or gone; what was written before is whole, and can be gone on with."""
