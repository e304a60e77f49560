"""Artifacts whose place is out of reach for now: kept aside in a folder, and delivered later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from agent_runtime.artifacts.interface import CannotKeep, as_bytes, checked_name
from agent_runtime.files.atomic_file import replace_file

_ENDING = ".later"


class Place(Protocol):
    """A place for files that can be out of reach, and knows before where a file will stand."""

    def put(self, name: str, data: bytes | str, content_type: str) -> str:
        """Keep `data` under `name`; raises CannotKeep."""
        ...

    def uri(self, name: str) -> str:
        """Where the artifact of this name stands, or will stand."""
        ...


class Spool:
    """A place behind a folder of this machine: what cannot be kept there now is kept here until it can.

    A run is never lost for a bucket: its artifact has its URI at once, and is there once `deliver` could send it.
    """

    def __init__(self, place: Place, folder: Path) -> None:
        self._place = place
        self._folder = folder

    def put(self, name: str, data: bytes | str, content_type: str) -> str:
        """Keep `data` under `name`, in its place or aside; return the URI that it has, or will have.

        Raises:
            ValueError: the name is not `file` or `run_id/file`.
            CannotKeep: neither the place nor the folder took it.
        """
        try:
            return self._place.put(name, data, content_type)
        except CannotKeep as refusal:
            self._keep_aside(checked_name(name), as_bytes(data), content_type, refusal)
        return self._place.uri(name)

    def deliver(self) -> int:
        """Send what is kept aside, oldest first, until the place refuses; return how many arrived."""
        arrived = 0
        for path in self._waiting():
            head, _, data = path.read_bytes().partition(b"\n")
            about = json.loads(head)
            try:
                self._place.put(about["name"], data, about["content_type"])
            except CannotKeep:
                break
            # Another process may have been faster; the same bytes were put twice then, under the same name.
            with suppress(FileNotFoundError):
                path.unlink()
            arrived += 1
        return arrived

    @property
    def waiting(self) -> int:
        """How many artifacts are kept aside."""
        return sum(1 for _ in self._waiting())

    def _keep_aside(self, name: str, data: bytes, content_type: str, refusal: CannotKeep) -> None:
        path = self._folder / (name.replace("/", "@") + _ENDING)
        head = json.dumps({"name": name, "content_type": content_type}).encode()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(path, head + b"\n" + data, mode=0o600)
        except OSError as error:
            raise CannotKeep(f"{refusal}; and {path} cannot be written: {error.strerror}") from error

    def _waiting(self) -> Iterator[Path]:
        with suppress(FileNotFoundError):
            entries = [entry for entry in os.scandir(self._folder) if entry.name.endswith(_ENDING)]
            yield from (
                Path(entry.path) for entry in sorted(entries, key=lambda entry: entry.stat().st_mtime_ns)
            )
