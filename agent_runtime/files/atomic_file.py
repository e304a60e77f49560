"""A file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: str | bytes | Iterable[bytes], mode: int | None = None) -> None:
    """Put `data` in the place of `path`: a reader sees the old file or the new one, also after a crash.

    Args:
        data: a text is written as UTF-8, with its newlines as they are.
        mode: permissions of the new file. None leaves those of the old file; without one, the umask decides.

    Raises:
        OSError: it cannot be written. The old file is untouched and no draft is left.
    """
    if not path.name:  # `.` and `/` have no name to put a draft beside
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if mode is None:
        with suppress(FileNotFoundError):
            mode = path.stat().st_mode & 0o777
    # Beside the file, because a rename is atomic only inside one file system.
    draft = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        _write(draft, _parts(data), mode)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _parts(data: str | bytes | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(data, str):
        return [data.encode()]
    return [data] if isinstance(data, bytes) else data


def _write(draft: Path, parts: Iterable[bytes], mode: int | None) -> None:
    # Nobody but the owner may open it before it has its permissions; a umask works only on what is asked for here.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(parts)
        file.flush()
        # Without it a crash may leave the new name with an empty file:
        # https://man7.org/linux/man-pages/man2/fsync.2.html
        os.fsync(file.fileno())
    if mode is not None:
        draft.chmod(mode)
