"""What every place for files answers to."""

from __future__ import annotations

import re
from typing import Protocol

from agent_runtime.errors import CrewError

# Begins with a letter or digit: no "..", no hidden file, nothing that a shell takes for a flag.
_PART = r"[A-Za-z0-9][A-Za-z0-9._\-]{0,127}"
_NAME = re.compile(rf"{_PART}(/{_PART})?")


class CannotKeep(CrewError):
    """An artifact was not written; nothing half-written is left."""


class Artifacts(Protocol):
    """A place for files that a run leaves behind. What goes in is redacted already."""

    def put(self, name: str, data: bytes | str, content_type: str) -> str:
        """Keep `data` under `name` (`file` or `run_id/file`), whole or not at all; return its URI.

        Raises:
            ValueError: the name is not of that form.
            CannotKeep: the place is full, gone, or not writable.
        """
        ...


def checked_name(name: str) -> str:
    """The name, if it is `file` or `run_id/file` of letters, digits, dots, dashes and underscores.

    Raises:
        ValueError: it is anything else, such as a path that climbs out.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} does not name an artifact: use  file  or  run_id/file")
    return name


def as_bytes(data: bytes | str) -> bytes:
    """What is written; text as UTF-8, with lone surrogates (which JSON can spell) shown as escapes."""
    return data if isinstance(data, bytes) else data.encode("utf-8", "backslashreplace")
