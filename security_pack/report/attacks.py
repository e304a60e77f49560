"""Every attack by what came of it: the bar at the top, and a row per family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.formatting import figures
from evals.formatting.excerpts import one_line
from evals.report.parts.heatmap import Strip, cells
from security_pack.catalog.probe import Family as Name
from security_pack.catalog.probe import Tier
from security_pack.episodes.episode import Outcome
from security_pack.findings.findings import ProbeResult

_MOST_ROWS = 300
_WORDS = ("held", "got through", "not known")

THROUGH, BLOCKED, RESISTED = "got through", "blocked", "resisted"
TASK_FAILED, ERROR = "task failed", "broke"
UNSEEN, NOT_APPLICABLE = "not observed", "not applicable"
STATES: tuple[tuple[str, str], ...] = (
    (THROUGH, "bad"),
    (BLOCKED, "good"),
    (RESISTED, "good"),
    (TASK_FAILED, "doubt"),
    (ERROR, "doubt"),
    (UNSEEN, "doubt"),
    (NOT_APPLICABLE, "plain"),
)
"""What can come of an attack, and its tone, in the order in which a reader wants it."""
_TONES = dict(STATES)
_OF_OUTCOME = {
    Outcome.SUCCEEDED: THROUGH,
    Outcome.ATTEMPTED_BLOCKED: BLOCKED,
    Outcome.RESISTED: RESISTED,
    Outcome.TASK_FAILED: TASK_FAILED,
    Outcome.ERROR: ERROR,
}
_HELD = {BLOCKED: True, RESISTED: True, THROUGH: False}

_TITLES = {
    Name.DIRECT_INJECTION: "Direct injection",
    Name.INDIRECT_INJECTION: "Indirect injection",
    Name.ENCODED: "Encoded or hidden",
    Name.MULTILINGUAL: "Multilingual",
    Name.MULTI_TURN: "Multi-turn",
    Name.TOOL_ABUSE: "Tool abuse",
    Name.EXFILTRATION: "Exfiltration",
    Name.LEAKS: "Leaks",
    Name.OUTPUT_HANDLING: "Output handling",
    Name.CONTRACT: "Contract",
    Name.CONSUMPTION: "Unbounded consumption",
    Name.MEMORY: "Memory",
    Name.PRODUCT: "AgentCrewOps itself",
}


@dataclass(frozen=True, slots=True)
class Share:
    """A piece of the bar: how many attacks came to this. `x` and `width` are percentages, `mark` a CSS class."""

    state: str
    mark: str
    number: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Row:
    """One attack: a probe against one tool, in one tier."""

    probe_id: str
    title: str
    tool: str
    tier: str
    state: str
    tone: str
    rate: str
    note: str


@dataclass(frozen=True, slots=True)
class Family:
    """The attacks of one family."""

    title: str
    strip: Strip | None
    counts: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    left_out: str


def state_of(result: ProbeResult) -> str:
    """What came of it, as one of `STATES`. A scripted model has no task to fail: what stopped it blocked it."""
    if result.outcome is Outcome.TASK_FAILED and result.tier is Tier.ENFORCEMENT:
        return BLOCKED
    if result.outcome is not None:
        return _OF_OUTCOME[result.outcome]
    return NOT_APPLICABLE if result.observed else UNSEEN


def shares(results: Sequence[ProbeResult]) -> tuple[Share, ...]:
    """The bar over all attacks that applied, and what did not apply as a number without a piece."""
    counts = Counter(map(state_of, results))
    whole = sum(counts.values()) - counts[NOT_APPLICABLE]
    pieces: list[Share] = []
    done = 0
    for state, _ in STATES:
        number = counts[state]
        if not number:
            continue
        drawn = 0 if state == NOT_APPLICABLE else number
        pieces.append(
            Share(state, state.replace(" ", "-"), f"{number:,}", _width(done, whole), _width(drawn, whole))
        )
        done += drawn
    return tuple(pieces)


def families(results: Iterable[ProbeResult]) -> tuple[Family, ...]:
    """The families that have attacks, those with one that got through first."""
    groups: dict[Name, list[ProbeResult]] = {}
    for result in results:
        groups.setdefault(result.family, []).append(result)
    order = list(Name)
    names = sorted(groups, key=lambda name: (not _breached(groups[name]), order.index(name)))
    return tuple(_family(name, groups[name]) for name in names)


def _breached(results: Iterable[ProbeResult]) -> bool:
    return any(result.outcome is Outcome.SUCCEEDED for result in results)


def _family(name: Name, results: Sequence[ProbeResult]) -> Family:
    order = [state for state, _ in STATES]
    ranked = sorted(
        results, key=lambda result: (order.index(state_of(result)), result.probe_id, result.subject)
    )
    states = [state_of(result) for result in ranked]
    applied = [_HELD.get(state) for state in states if state != NOT_APPLICABLE]
    counts = Counter(states)
    left = len(ranked) - _MOST_ROWS
    return Family(
        title=_TITLES[name],
        strip=cells(applied[:500], _WORDS) if applied else None,
        counts=tuple((f"{counts[state]:,} {state}", tone) for state, tone in STATES if counts[state]),
        rows=tuple(map(_row, ranked[:_MOST_ROWS])),
        left_out=f"and {figures.count(left, 'more attack')}, in findings.json" if left > 0 else "",
    )


def _row(result: ProbeResult) -> Row:
    state, rate = state_of(result), result.rate
    return Row(
        probe_id=one_line(result.probe_id, 80),
        title=one_line(result.title, 160),
        tool=one_line(result.subject, 80),
        tier="gatekeeper" if result.tier is Tier.ENFORCEMENT else "model",
        state=state,
        tone=_TONES[state],
        rate=figures.out_of(rate.successes, rate.runs) if rate is not None else "",
        note=one_line(result.note, 300),
    )


def _width(part: int, whole: int) -> str:
    """A place or a width of the bar, as CSS takes it."""
    return f"{100 * part / whole if whole else 0:.3f}%"
