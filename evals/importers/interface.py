"""What every importer returns: the runs in one file of another harness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent_runtime.files.documents import canonical_json
from evals.results.records import CaseResult, Sample, text_hash
from evals.results.samples import MAX_CASE_ID

MAX_TEXT = 100_000
"""Characters stored of an output, an error or a reason: a report shows less, and a line must stay readable."""


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """One run of one case. `case` has no samples yet, and the index of `sample` is set later."""

    case: CaseResult
    sample: Sample


@dataclass(frozen=True, slots=True)
class Imported:
    """One file of another harness.

    Attributes:
        runs: the runs of a case in the order of its repeats.
        suite: the harness's name for it; "" if it gives none.
        arm: what was evaluated, in the harness's words. Files are joined only if it is equal.
        left_out: runs that the harness skipped.
    """

    runs: tuple[ImportedRun, ...]
    suite: str = ""
    arm: str = ""
    agent: str | None = None
    model: str | None = None
    commit: str | None = None
    left_out: int = 0


def case_hash(*judged: Any) -> str:
    """Hash of all that decides whether two results of a case compare: its input, and how it was judged."""
    return text_hash(canonical_json(judged))[:16]


def short_id(case_id: str, room: int = 0) -> str:
    """The id if it fits, with `room` characters to spare; else its beginning, and a hash in place of the rest."""
    most = MAX_CASE_ID - room
    return case_id if len(case_id) <= most else f"{case_id[: most - 13]}~{text_hash(case_id)[:12]}"


def cut(text: str, most: int = MAX_TEXT) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def texts_within(value: Any) -> Iterator[str]:
    """Every text in a value of plain data, in order: what a case asks, however it is spelled."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_within(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_within(part)
