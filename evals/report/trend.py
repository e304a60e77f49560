"""trend.html and the report's own section of it: what changed, three charts and every day in a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from agent_runtime.render import asset, render
from evals.formatting import figures
from evals.formatting.excerpts import one_line
from evals.formatting.names import inert
from evals.formatting.prose import Span, spans, unbroken
from evals.gate.trend import AgentVersion, Estimate, Point, Shift, Trend
from evals.report.parts.charts import Axis, Mark

_MOST_SHOWN = 12
"""Versions: the latest dozen, about a quarter of weekly ones. Chosen."""
_TOP, _BOTTOM = 10, 120
"""Of a chart's plot, in pixels."""

Written = Callable[[float | None], str]
ToneSentence = tuple[str, str]
"""A sentence of markdown and its tone."""


@dataclass(frozen=True, slots=True)
class TrendMark:
    """One point of a chart: percent across, pixels down."""

    x: str
    y: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class TrendChart:
    """One number over the days.

    Attributes:
        new_versions, shifts: where the agent changed, and where success did without it, in percent across.
        levels: lines of the scale: label and pixels down.
    """

    title: str
    description: str
    marks: tuple[TrendMark, ...]
    new_versions: tuple[str, ...]
    shifts: tuple[str, ...]
    levels: tuple[Mark, ...]
    days: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One version of the agent on one day. Every number comes with its interval, "" if it has none."""

    day: str
    version: str
    new_version: bool
    runs: str
    success: str
    success_interval: str
    p95: str
    p95_interval: str
    usd: str
    usd_interval: str


@dataclass(frozen=True, slots=True)
class TrendSection:
    """One suite. `version_changes` pairs a sentence with its tone."""

    suite: str
    simulated: bool
    version_changes: tuple[tuple[tuple[Span, ...], str], ...]
    charts: tuple[TrendChart, ...]
    rows: tuple[TrendRow, ...]
    notes: tuple[str, ...]


def render_trend(trends: Sequence[Trend]) -> str:
    """One HTML file that loads nothing and runs nothing."""
    style = asset("report/style.css")
    return render("report/trend.html.j2", sections=tuple(map(trend_section, trends)), style=style)


def trend_section(trend: Trend) -> TrendSection:
    """The view of one suite."""
    return TrendSection(
        suite=one_line(trend.suite, 100) or "(no name)",
        simulated=trend.simulated,
        version_changes=tuple((unbroken(spans(words)), tone) for words, tone in version_changes(trend)),
        charts=tuple(_charts(trend)) if len({point.day for point in trend.points}) > 1 else (),
        rows=tuple(map(trend_row, trend.points)),
        notes=trend.notes,
    )


# --- words ------------------------------------------------------------------------------------------------


def version_changes(trend: Trend) -> list[ToneSentence]:
    """What happened to each version that was evaluated on more than one day, the latest first."""
    several = [shift for shift in reversed(trend.shifts) if shift.since or shift.visible is not None]
    if not several:
        return [("No version of the agent was evaluated on two days: nothing can be said of drift.", "plain")]
    return [
        _shift_sentence(shift, trend.simulated) if shift.since else _no_shift_sentence(shift)
        for shift in several[:_MOST_SHOWN]
    ]


def _shift_sentence(shift: Shift, simulated: bool) -> ToneSentence:
    change = shift.change or Estimate(0.0)
    fell = (change.value or 0.0) < 0
    moved = f"{figures.percent(shift.before)} → {figures.percent(shift.after)}"
    spread = f"90 % interval {figures.points(change.low)} … {figures.points(change.high)}"
    words = (
        f"{_unchanged(shift)}; success **{'fell' if fell else 'rose'} {moved}** "
        f"({figures.points(change.value)} points, {spread}, {figures.count(shift.cases, 'case')}) "
        f"since {_date(shift.since)}: {_cause(shift, simulated, fell)}."
    )
    return words, "bad" if fell else "good"


def _unchanged(shift: Shift) -> str:
    label = inert(version_label(shift.version))
    if not shift.endpoint:
        return f"The agent did not change ({label})"
    called = f" and it still calls itself {inert(shift.version.reported)}" if shift.version.reported else ""
    return f"The request to the service did not change ({label}){called}"


def _cause(shift: Shift, simulated: bool, fell: bool) -> str:
    if simulated:
        return "a simulated model does not drift by itself, so its simulation changed"
    if shift.endpoint:
        return "the service, or the model behind it, changed"
    return "provider drift is likely" if fell else "the hosted model changed, for the better"


def _no_shift_sentence(shift: Shift) -> ToneSentence:
    drop = math.ceil((shift.visible or 0.0) * 100)
    words = (
        f"From {_date(shift.first)} to {_date(shift.last)} ({inert(version_label(shift.version))}) no change is "
        f"visible: a lasting fall of {figures.count(drop, 'point')} would be seen four times out of five."
    )
    return words, "plain"


def version_label(version: AgentVersion) -> str:
    """ "1d77be0293ac v2", as far as it is known."""
    parts = (figures.fingerprint(version.fingerprint), version.reported)
    return " ".join(part for part in parts if part) or "unknown"


def _date(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else figures.NOT_KNOWN


# --- rows -------------------------------------------------------------------------------------------------


def trend_row(point: Point) -> TrendRow:
    """The point, written out."""
    return TrendRow(
        day=point.day.isoformat(),
        version=one_line(version_label(point.version), 40),
        new_version=point.new_version,
        runs=f"{point.runs:,}",
        success=figures.percent(point.success.value),
        success_interval=_between(point.success, figures.percent),
        p95=figures.milliseconds(point.p95_ms.value),
        p95_interval=_between(point.p95_ms, figures.milliseconds),
        usd=figures.usd(point.usd_per_success.value),
        usd_interval=_between(point.usd_per_success, figures.usd),
    )


def _between(estimate: Estimate, written: Written) -> str:
    known = estimate.low is not None and estimate.high is not None
    return f"{written(estimate.low)} … {written(estimate.high)}" if known else ""


# --- charts -----------------------------------------------------------------------------------------------


def _charts(trend: Trend) -> Iterator[TrendChart]:
    """A chart for each number that is known on some day."""
    numbers: tuple[tuple[str, Written, Callable[[Point], Estimate]], ...] = (
        ("Success rate", figures.percent, lambda point: point.success),
        ("p95 latency", figures.milliseconds, lambda point: point.p95_ms),
        ("$ per success", figures.usd, lambda point: point.usd_per_success),
    )
    for title, written, number in numbers:
        drawn = [(point.day, estimate) for point in trend.points if _finite(estimate := number(point))]
        if drawn:
            yield _chart(title, written, drawn, trend)


def _finite(estimate: Estimate) -> bool:
    return estimate.value is not None and math.isfinite(estimate.value)


def _chart(title: str, written: Written, drawn: Sequence[tuple[date, Estimate]], trend: Trend) -> TrendChart:
    across = _day_axis([point.day for point in trend.points])
    down = _scale([end for _, estimate in drawn for end in _ends(estimate)])
    first, last = drawn[0][1].value, drawn[-1][1].value
    return TrendChart(
        title=title,
        description=f"{title} on {figures.count(len(drawn), 'day')}: first {written(first)}, last {written(last)}.",
        marks=tuple(_mark(across, down, day, estimate) for day, estimate in drawn),
        new_versions=tuple(_x(across, point.day) for point in trend.points if point.new_version),
        shifts=tuple(_x(across, shift.since) for shift in trend.shifts if shift.since),
        levels=tuple(Mark(_y(down, value), written(value)) for value in _round_values(down)),
        days=tuple(_day_marks(across)),
    )


def _ends(estimate: Estimate) -> Iterable[float]:
    ends = (estimate.value, estimate.low, estimate.high)
    return [end for end in ends if end is not None and math.isfinite(end)]


def _day_axis(days: Sequence[date]) -> Axis:
    first, last = min(days).toordinal(), max(days).toordinal()
    return Axis(first, last)


def _scale(values: Sequence[float]) -> Axis:
    """Round steps from just below the lowest to just above the highest."""
    step = _step(min(values), max(values))
    first, last = math.floor(min(values) / step + 1e-9), math.ceil(max(values) / step - 1e-9)
    return Axis(first * step, max(last, first + 1) * step)


def _step(low: float, high: float) -> float:
    """1, 2 or 5 times a power of ten, so that at most about four steps make the way."""
    rough = (high - low or abs(high) or 1.0) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= rough * (1 - 1e-9))


def _round_values(axis: Axis) -> list[float]:
    step = _step(axis.low, axis.high)
    return [axis.low + number * step for number in range(round((axis.high - axis.low) / step) + 1)]


def _mark(across: Axis, down: Axis, day: date, estimate: Estimate) -> TrendMark:
    value = estimate.value or 0.0
    low, high = (value if end is None else end for end in (estimate.low, estimate.high))
    return TrendMark(_x(across, day), _y(down, value), _y(down, low), _y(down, high))


def _day_marks(across: Axis) -> Iterator[Mark]:
    """The first, the middle and the last day."""
    for place in sorted({round(across.low), round((across.low + across.high) / 2), round(across.high)}):
        day = date.fromordinal(place)
        yield across.mark(place, f"{day.day} {day:%b}")


def _x(across: Axis, day: date) -> str:
    return across.mark(day.toordinal(), "").x


def _y(down: Axis, value: float) -> str:
    return f"{_BOTTOM - (_BOTTOM - _TOP) * down.at(value) / 100:.1f}"
