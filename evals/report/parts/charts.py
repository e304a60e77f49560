"""Where the ink goes: positions in percent of a plot's width, so that a plot is fluid and its text is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_runtime.statistics.tail import p95
from evals.formatting import figures
from evals.results.verdict import Comparison


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a place on an axis. `anchor` keeps its label inside the plot."""

    x: str
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin of a histogram, in percent of the plot."""

    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """Baseline and candidate on a scale of rates, the change with its interval on a scale of points.

    Attributes:
        forbidden_width: from the left edge to the margin line, in percent.
    """

    description: str
    baseline: Mark
    candidate: Mark
    rate_ticks: tuple[Mark, ...]
    change: Mark
    low: str
    high: str
    width: str
    zero: str
    margin: Mark
    change_ticks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One arm of a distribution: its bars and its row in the table below them."""

    name: str
    bars: tuple[Bar, ...]
    runs: int
    median: str
    p95: str
    mean: str
    highest: str
    median_x: str
    p95_x: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """Two arms back to back on one scale: the candidate upward, the baseline downward."""

    title: str
    description: str
    series: tuple[Series, ...]
    ticks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` on 0..100 percent; logarithmic where asked."""

    low: float
    high: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The place of the value in percent, never outside the plot."""
        low, high, value = (self._scaled(number) for number in (self.low, self.high, value))
        return min(max((value - low) / (high - low), 0.0), 1.0) * 100

    def mark(self, value: float, label: str) -> Mark:
        """The value's place with its label."""
        place = self.at(value)
        return Mark(_width(place), label, _anchor(place))

    def _scaled(self, value: float) -> float:
        return math.log(max(value, self.low)) if self.logarithmic else value


def interval_plot(success: Comparison | None, margin: float) -> IntervalPlot | None:
    """The plot of the success rate, None if there is no interval to draw."""
    if success is None or success.baseline is None or success.candidate is None:
        return None
    change, low, high = success.change, success.ci_low, success.ci_high
    if change is None or low is None or high is None:
        return None
    rates = _rate_axis(success.baseline, success.candidate)
    shown = figures.change_of(success)
    changes = _change_axis((change, low, high, -margin, 0.0))
    return IntervalPlot(
        description=f"Success rate: baseline {shown.baseline}, candidate {shown.candidate}. "
        f"Change {shown.change} points, 90 percent interval {shown.low} to {shown.high}, "
        f"margin {figures.points(-margin)}.",
        baseline=rates.mark(success.baseline, f"baseline {shown.baseline}"),
        candidate=rates.mark(success.candidate, f"candidate {shown.candidate}"),
        rate_ticks=_ticks(rates, figures.percent),
        change=changes.mark(change, f"{shown.change} points"),
        low=_width(changes.at(low)),
        high=_width(changes.at(high)),
        width=_width(changes.at(high) - changes.at(low)),
        zero=_width(changes.at(0)),
        margin=changes.mark(-margin, f"margin {figures.points(-margin)}"),
        change_ticks=_ticks(changes, figures.points),
    )


def distribution(
    title: str,
    baseline: Sequence[float],
    candidate: Sequence[float],
    written: Callable[[float | None], str],
) -> Distribution | None:
    """Both arms' values as back-to-back histograms, None if the candidate has none."""
    values = [*baseline, *candidate]
    if not candidate:
        return None
    axis = _value_axis(min(values), max(values))
    arms = [("candidate", candidate), *([("baseline", baseline)] if baseline else [])]
    shares = [_shares(axis, arm) for _, arm in arms]
    tallest = max(map(max, shares))
    series = tuple(
        _series(name, arm, axis, _bars(of_arm, tallest), written)
        for (name, arm), of_arm in zip(arms, shares, strict=True)
    )
    arms_in_words = "; ".join(f"{arm.name}: median {arm.median}, 95th percentile {arm.p95}" for arm in series)
    return Distribution(title, f"{title} of {arms_in_words}.", series, _value_ticks(axis, written))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, linear between neighbours (as numpy's default)."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


_BINS = 30
"""Ten pixels each on a phone, so that two arms still make two shapes. Chosen."""


def _series(
    name: str,
    values: Sequence[float],
    axis: Axis,
    bars: tuple[Bar, ...],
    written: Callable[[float | None], str],
) -> Series:
    median, tail = quantile(values, 0.5), p95(values)
    return Series(
        name=name,
        bars=bars,
        runs=len(values),
        median=written(median),
        p95=written(tail),
        mean=written(sum(values) / len(values)),
        highest=written(max(values)),
        median_x=_width(axis.at(median)),
        p95_x=_width(axis.at(tail)),
    )


def _shares(axis: Axis, values: Sequence[float]) -> list[float]:
    counts = [0] * _BINS
    for value in values:
        counts[min(int(axis.at(value) / 100 * _BINS), _BINS - 1)] += 1
    return [number / len(values) for number in counts]


def _bars(shares: Sequence[float], tallest: float) -> tuple[Bar, ...]:
    wide = 100 / _BINS
    return tuple(
        Bar(
            _width(index * wide),
            _width(wide * 0.86),
            _width(100 - share / tallest * 100),
            _width(share / tallest * 100),
        )
        for index, share in enumerate(shares)
        if share
    )


def _rate_axis(*rates: float) -> Axis:
    low = max(math.floor((min(rates) - 0.05) * 10) / 10, 0.0)
    high = min(math.ceil((max(rates) + 0.05) * 10) / 10, 1.0)
    # Never less than twenty points wide: on a narrower scale one failed run looks like a catastrophe.
    return Axis(low, high) if high - low >= 0.2 else Axis(max(high - 0.2, 0.0), max(high, 0.2))


def _change_axis(values: Sequence[float]) -> Axis:
    room = (max(values) - min(values)) * 0.12
    return Axis(min(values) - room, max(values) + room)


def _value_axis(low: float, high: float) -> Axis:
    """Logarithmic if all values are positive: latencies and costs are skewed."""
    if low <= 0:
        return Axis(0.0, max(high, 1e-9))
    return Axis(low / 1.02, high * 1.02, logarithmic=True)


def _ticks(axis: Axis, written: Callable[[float | None], str], most: int = 6) -> tuple[Mark, ...]:
    """Round values along the axis, at most about `most` of them."""
    span = axis.high - axis.low
    step = next(size for size in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if span / size <= most)
    first = math.ceil(axis.low / step - 1e-9)
    last = math.floor(axis.high / step + 1e-9)
    values = (round(number * step, 6) for number in range(first, last + 1))
    return tuple(axis.mark(value, written(value)) for value in values)


def _value_ticks(axis: Axis, written: Callable[[float | None], str]) -> tuple[Mark, ...]:
    """Four places at equal distance, whatever the scale."""
    if axis.logarithmic:
        factor = axis.high / axis.low
        values = [axis.low * factor ** (part / 3) for part in range(4)]
    else:
        values = [axis.low + (axis.high - axis.low) * part / 3 for part in range(4)]
    return tuple(axis.mark(value, written(value)) for value in values)


def _width(value: float) -> str:
    """A place or a width of the plot, as CSS takes it."""
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def _anchor(place: float) -> str:
    return "start" if place < 14 else "end" if place > 86 else "middle"
