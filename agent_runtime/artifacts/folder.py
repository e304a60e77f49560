"""Artifacts in a folder that only its owner may read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from agent_runtime.artifacts.interface import CannotKeep, as_bytes, checked_name
from agent_runtime.errors import InvalidInput
from agent_runtime.files.atomic_file import replace_file


class Folder:
    """Files under `root`, with mode 0600 in folders of mode 0700.

    Raises:
        InvalidInput: the folder cannot be made or written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Tried, not asked: permission bits say nothing of a read-only mount or a full disk.
            with tempfile.TemporaryFile(dir=self._root):
                pass
        except OSError as error:
            raise InvalidInput.one(
                root, f"cannot hold artifacts: {error.strerror}", "name a folder you may write to"
            ) from None

    def put(self, name: str, data: bytes | str, content_type: str) -> str:
        """Keep `data` under `name`, whole or not at all; return its `file://` URI.

        A folder keeps no content type: the name's ending says it.

        Raises:
            ValueError: the name is not `file` or `run_id/file`.
            CannotKeep: the folder is full, gone, or not writable.
        """
        path = self._root / checked_name(name)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            replace_file(path, as_bytes(data), mode=0o600)
        except OSError as error:
            raise CannotKeep(f"{path}: cannot be written: {error.strerror}") from error
        return path.as_uri()
