"""The zip that a stranger's run left behind: only our files are taken out of it, and only if all of it is decent."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from agent_runtime.errors import CrewError
from agent_runtime.files.documents import strict_json

MOST_ZIPPED = 50_000_000
MOST_ENTRIES = 2_000
MOST_BYTES = 200_000_000
MOST_RATIO = 250
"""Runs of a simulated agent are alike and shrink a hundredfold; a bomb shrinks a thousandfold."""
_SMALL = 1_000_000
_LONGEST_NAME = 300
_ABSURD = 2**64
"""No seed is larger, and no measurement comes near."""

KNOWN: Mapping[str, int] = {
    "verdict.json": 5_000_000,
    "findings.json": 10_000_000,
    "samples.jsonl": 100_000_000,
}
"""The files that are read, and how long each may be."""


class CannotUseArtifact(CrewError):
    """The artifact is not what our own run would have left."""

    exit_code = 2

    def __init__(self, why: str) -> None:
        super().__init__(f"the run's artifact is refused: it {why}")


def known_files(data: bytes) -> dict[str, bytes]:
    """Our files by their names, wherever in the zip they lie. Nothing else is unpacked or read.

    Raises:
        CannotUseArtifact: for any entry that a careless reader would stumble over, whether we read it or not.
    """
    if len(data) > MOST_ZIPPED:
        raise CannotUseArtifact(f"is longer than {MOST_ZIPPED // 1_000_000} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise CannotUseArtifact(f"is not a zip that can be read ({type(error).__name__})") from None


def refuse_absurd(name: str, data: bytes) -> None:
    """Stop at numbers that nobody measured: they break arithmetic long after they were read.

    Raises:
        CannotUseArtifact: also for what is not JSON, or JSON lines.
    """
    try:
        parts = data.decode("utf-8-sig").split("\n") if name.endswith(".jsonl") else [data]
        absurd = any(_has_absurd(strict_json(part)) for part in parts if part.strip())
    except ValueError as error:
        raise CannotUseArtifact(f"holds a {name} that is not valid JSON ({str(error)[:100]})") from None
    if absurd:
        raise CannotUseArtifact(f"holds a number in {name} that nobody measured")


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise CannotUseArtifact(f"has more than {MOST_ENTRIES:,} entries")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise CannotUseArtifact(f"unpacks to more than {MOST_BYTES // 1_000_000} MB")
    found: dict[str, bytes] = {}
    for entry in entries:
        _refuse_entry(entry)
        name = PurePosixPath(entry.filename).name
        if entry.is_dir() or name not in KNOWN:
            continue
        if name in found:
            raise CannotUseArtifact(f"holds {name} twice")
        found[name] = _unpacked(archive, entry, KNOWN[name])
    return found


def _refuse_entry(entry: zipfile.ZipInfo) -> None:
    name, shown = entry.filename, ascii(entry.filename[:80])
    # The upper half is the Unix mode, and bit 0 of the flags says encrypted: 4.4.15 and 4.4.4 of
    # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
    path, kind = PurePosixPath(name), stat.S_IFMT(entry.external_attr >> 16)
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable() or "\\" in name:
        raise CannotUseArtifact(f"has an entry with an impossible name: {shown}")
    # https://security.snyk.io/research/zip-slip-vulnerability; a colon is for drives of Windows.
    if path.is_absolute() or ".." in path.parts or ":" in name.split("/")[0]:
        raise CannotUseArtifact(f"has an entry outside of it: {shown}")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise CannotUseArtifact(f"has an entry that is a link or a device: {shown}")
    if entry.flag_bits & 0x1:
        raise CannotUseArtifact(f"has an encrypted entry: {shown}")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """The entry's bytes as they come, whatever its header says of their number."""
    if entry.file_size > _SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise CannotUseArtifact(f"has an entry that unpacks to {MOST_RATIO} times its size: {entry.filename}")
    with archive.open(entry) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise CannotUseArtifact(f"holds a {PurePosixPath(entry.filename).name} above {most // 1_000_000} MB")
    return data


def _has_absurd(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_absurd, value.values()))
    if isinstance(value, list):
        return any(map(_has_absurd, value))
    return isinstance(value, int | float) and abs(value) > _ABSURD
