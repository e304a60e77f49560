"""Case × sample: one row of cells per case, as few paths as possible, so that 20,000 samples stay light."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.results.records import CaseResult

_WORDS = ("passed", "failed", "not measured")


@dataclass(frozen=True, slots=True)
class Strip:
    """The cells of one case. Each state has its own shape, not only its own colour.

    Attributes:
        passed, failed, crosses, unmeasured: SVG path data, "" if there are none.
        description: the same in words.
    """

    width: int
    height: int
    passed: str
    failed: str
    crosses: str
    unmeasured: str
    description: str


@dataclass(frozen=True, slots=True)
class _Grid:
    columns: int
    pitch: int
    size: int


def strip(case: CaseResult) -> Strip:
    """The runs of one case in their order."""
    return cells([sample.passed for sample in case.samples])


def cells(outcomes: Sequence[bool | None], words: tuple[str, str, str] = _WORDS) -> Strip:
    """A cell per outcome; `words` name the good, the bad and the unmeasured ones."""
    grid = _grid(len(outcomes))
    places = [
        (index % grid.columns * grid.pitch, index // grid.columns * grid.pitch)
        for index in range(len(outcomes))
    ]
    passed = [place for place, outcome in zip(places, outcomes, strict=True) if outcome]
    failed = [place for place, outcome in zip(places, outcomes, strict=True) if outcome is False]
    unmeasured = [place for place, outcome in zip(places, outcomes, strict=True) if outcome is None]
    return Strip(
        width=min(len(outcomes), grid.columns) * grid.pitch,
        height=-(-len(outcomes) // grid.columns) * grid.pitch,
        passed=_boxes(passed, grid.size, inset=grid.size // 4),
        failed=_boxes(failed, grid.size),
        crosses=_crosses(failed, grid.size) if grid.size >= 8 else "",
        unmeasured=_boxes(unmeasured, grid.size, inset=1),
        description=_in_words(len(passed), len(failed), len(unmeasured), words),
    )


def _grid(cells: int) -> _Grid:
    """A row is never wider than 300 pixels: it must fit a phone."""
    if cells <= 18:
        return _Grid(columns=18, pitch=16, size=14)
    if cells <= 60:
        return _Grid(columns=30, pitch=10, size=8)
    return _Grid(columns=50, pitch=6, size=5)


def _boxes(places: Iterable[tuple[int, int]], size: int, inset: int = 0) -> str:
    side = size - 2 * inset
    return "".join(f"M{x + inset} {y + inset}h{side}v{side}h-{side}z" for x, y in places)


def _crosses(places: Sequence[tuple[int, int]], size: int) -> str:
    gap = 4 if size > 8 else 2
    arm = size - 2 * gap
    return "".join(f"M{x + gap} {y + gap}l{arm} {arm}m0-{arm}l-{arm} {arm}" for x, y in places)


def _in_words(passed: int, failed: int, unmeasured: int, words: tuple[str, str, str]) -> str:
    parts = [f"{passed} {words[0]}", f"{failed} {words[1]}"]
    return ", ".join([*parts, f"{unmeasured} {words[2]}"] if unmeasured else parts)
