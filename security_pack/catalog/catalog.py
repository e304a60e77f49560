"""Guardian's catalogue: the built-in pack and a user's own folders -> every probe, with its file, line and hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import canonical_json, read_yaml
from security_pack.catalog.probe import Probe
from security_pack.catalog.probe_file import probe_in, problems_in

PACK = Path(__file__).resolve().parent.parent / "probes"
MAX_PROBE_BYTES = 64_000
MAX_FILES = 2_000
_NOT_RUN = {"schema_", "title", "about", "severity", "maps", "control", "fix", "samples"}
"""What only describes a probe, and how often it runs; a better title keeps its baseline."""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A probe and where it is written.

    Attributes:
        file: as the user wrote it, or `security_pack/probes/…` for the built-in pack.
        line: of its id.
        hash: of what is run and judged, `sha256:` and 64 digits; a baseline holds for this and nothing else.
    """

    probe: Probe
    file: str
    line: int
    hash: str


def load_pack(folders: Sequence[Path] = (), *, built_in: Path = PACK) -> tuple[CatalogEntry, ...]:
    """The built-in probes and those in `folders` (`*.yaml`, at any depth), in order of file.

    Raises:
        InvalidInput: with every problem of every file: what does not parse, what could not be run or judged,
            and an id that two files give.
    """
    problems: list[Problem] = []
    pack: list[CatalogEntry] = []
    for path, shown in _files(built_in, folders):
        try:
            pack.append(_shipped(path, shown) if path.is_relative_to(PACK) else read_entry(path, shown))
        except InvalidInput as error:
            problems.extend(error.problems)
    problems.extend(_given_twice(pack))
    if problems:
        raise InvalidInput(problems)
    return tuple(pack)


def read_entry(path: Path, shown: str = "") -> CatalogEntry:
    """One probe file, under the name `shown` if it has another than its path.

    Raises:
        InvalidInput: with every problem of the file.
    """
    _refuse_oversize(path)
    document = read_yaml(path)
    probe = probe_in(document)
    if problems := problems_in(document, probe):
        raise InvalidInput(problems)
    return CatalogEntry(probe, shown or str(path), document.line_of(("id",)) or 1, probe_hash(probe))


_shipped = cache(read_entry)
"""Our own probes do not change while a process runs, and reading all of them takes a third of a second."""


def probe_hash(probe: Probe) -> str:
    """sha256 of the canonical form of what is run and judged; a newer form of the file is no other probe."""
    run = probe.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_NOT_RUN)
    return _sha256({"schema": "guardian/v1", **run})


def pack_hash(pack: Iterable[CatalogEntry]) -> str:
    """sha256 over ids and hashes, whatever the order: the same text means the same probes."""
    return _sha256(sorted((one.probe.id, one.hash) for one in pack))


def _sha256(value: Any) -> str:
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _files(built_in: Path, folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for path in sorted(built_in.rglob("*.yaml")):
        yield path, f"security_pack/probes/{path.relative_to(built_in).as_posix()}"
    for folder in folders:
        for path in _probe_files_of(folder):
            yield path, str(path)


def _probe_files_of(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InvalidInput.one(folder, "is not a folder of probes", "name a folder that holds *.yaml files")
    found = sorted(path for path in folder.rglob("*.yaml") if path.is_file())
    if not found:
        raise InvalidInput.one(
            folder,
            "holds no *.yaml file",
            f"write one:  agentcrewops guardian new --out {folder}/my-probe.yaml",
        )
    if len(found) > MAX_FILES:
        raise InvalidInput.one(
            folder, f"holds {len(found):,} *.yaml files", "name the folder of the probes alone"
        )
    return found


def _refuse_oversize(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError:
        return  # read_yaml says what is wrong with it
    if size > MAX_PROBE_BYTES:
        raise InvalidInput.one(
            path, f"is larger than {MAX_PROBE_BYTES // 1000} kB", "a probe is a page at most"
        )


def _given_twice(pack: Sequence[CatalogEntry]) -> Iterator[Problem]:
    first: dict[str, CatalogEntry] = {}
    for one in pack:
        other = first.setdefault(one.probe.id, one)
        if other is not one:
            what = f"the id '{one.probe.id}' is taken by {other.file}:{other.line}"
            yield Problem(one.file, one.line, what, "choose another; ids name findings over time")
