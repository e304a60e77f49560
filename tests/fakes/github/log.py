"""The request log: what was asked of the fake, by whom, and what it answered. Holds no credential."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

KEPT_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Logged:
    """One request. `number` counts API calls from 1; requests of git and downloads have 0."""

    number: int
    method: str
    path: str
    query: dict[str, str]
    status: int
    token: str
    login: str
    route: str | None
    body: Any
    request_id: str
    message: str | None = None
    violations: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it was meant to change something."""
        return self.method not in ("GET", "HEAD")

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), default=str)


class Log(list[Logged]):
    """All requests so far, also as lines of a file when there is one."""

    def __init__(self, file: Path | None = None) -> None:
        super().__init__()
        self._file = file

    def add(self, entry: Logged) -> None:
        """Keep one more."""
        self.append(entry)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(entry.line() + "\n")

    def writes(self) -> list[Logged]:
        """The calls that were meant to change something and did."""
        return [entry for entry in self if entry.writes and entry.status < 400]

    def refusals(self) -> list[Logged]:
        """The calls that GitHub would have refused."""
        return [entry for entry in self if entry.status >= 400]


def loggable(raw: bytes) -> Any:
    """A request body for the log: JSON as data, other text as text, the rest by its length."""
    if not raw:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return f"<{len(raw)} bytes>"
    try:
        return json.loads(text) if len(text) <= KEPT_CHARACTERS else f"<{len(raw)} bytes>"
    except ValueError:
        return text[:KEPT_CHARACTERS]
