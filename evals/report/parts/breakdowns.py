"""The tables of tags and graders: the greatest fall first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.formatting import figures
from evals.formatting.excerpts import one_line
from evals.results.verdict import Breakdown

_MOST_ROWS = 20
_TITLES = {"tag": "Tag", "grader": "Grader"}
_NOTES = {
    "tag": "the cases that have it",
    "grader": "how often it said yes, where it said anything",
}
_DESCRIBES = "; descriptive, decides nothing"
_GATES = "; only what is marked “gates” decides"


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One tag or grader, written out. `word` is "" unless it gates."""

    name: str
    cases: str
    baseline: str
    candidate: str
    change: str
    interval: str
    word: str
    tone: str


@dataclass(frozen=True, slots=True)
class BreakdownTable:
    """All tags, or all graders.

    Attributes:
        compared: False if the baseline knows nothing of them: a saved one keeps no grader's words.
        left_out: "" if every one is listed.
    """

    title: str
    note: str
    compared: bool
    rows: tuple[BreakdownRow, ...]
    left_out: str


def breakdown_tables(parts: Sequence[Breakdown]) -> tuple[BreakdownTable, ...]:
    """One table a kind, those without a row left out."""
    kinds = {kind: sorted((part for part in parts if part.kind == kind), key=_attention) for kind in _TITLES}
    return tuple(_table(kind, rows) for kind, rows in kinds.items() if rows)


def _attention(part: Breakdown) -> tuple[bool, bool, float, str]:
    # What fell and gates stands first: it is why the verdict is red, and rows past twenty are not listed.
    return not part.fell, not part.gates, part.change or 0.0, part.name


def _table(kind: str, parts: Sequence[Breakdown]) -> BreakdownTable:
    more = len(parts) - _MOST_ROWS
    return BreakdownTable(
        title=_TITLES[kind],
        note=_NOTES[kind] + (_GATES if any(part.gates for part in parts) else _DESCRIBES),
        compared=any(part.baseline is not None for part in parts),
        rows=tuple(_row(part) for part in parts[:_MOST_ROWS]),
        left_out=f"{figures.count(more, f'more {kind}')} in verdict.json" if more > 0 else "",
    )


def _row(part: Breakdown) -> BreakdownRow:
    known = part.ci_low is not None and part.ci_high is not None
    shown = figures.change_of(part)
    return BreakdownRow(
        name=one_line(part.name, 60),
        cases=f"{part.cases:,}",
        baseline=shown.baseline,
        candidate=shown.candidate,
        change=shown.change,
        interval=f"{shown.low} … {shown.high}" if known else figures.NOT_KNOWN,
        word="drift" if part.fell else "gates" if part.gates else "",
        tone="bad" if part.fell else "plain",
    )
