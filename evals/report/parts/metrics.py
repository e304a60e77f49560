"""The table of metrics: what was measured, how far it moved, and what that says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evals.formatting import figures
from evals.formatting.prose import Span, spans
from evals.results.facts import Facts
from evals.results.verdict import Comparison, MetricVerdict, Verdict

Written = Callable[[float | None], str]

_JUDGED: Mapping[str, tuple[str, Written, bool]] = {
    "success_rate": ("Success rate", figures.percent, True),
    "p95_latency_ms": ("p95 latency", figures.milliseconds, False),
    "usd_per_success": ("$ per success", figures.usd, False),
}
WORDS: Mapping[MetricVerdict, tuple[str, str]] = {
    MetricVerdict.DRIFT: ("drift", "bad"),
    MetricVerdict.PASS: ("pass", "good"),
    MetricVerdict.UNDECIDED: ("undecided", "doubt"),
    MetricVerdict.NOT_MEASURABLE: ("not measurable", "plain"),
}


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric, written out. `word` is "" for a metric that is shown but not judged."""

    name: str
    baseline: str
    candidate: str
    change: str
    interval: str
    word: str
    tone: str
    note: tuple[Span, ...]


def metric_rows(verdict: Verdict) -> tuple[MetricRow, ...]:
    """Success, pass^k, p95, $ per success, $ per run: those that the verdict knows."""
    judged = {
        key: _judged(name, verdict.metrics[key], written, differs)
        for key, (name, written, differs) in _JUDGED.items()
        if key in verdict.metrics
    }
    rows = (
        judged.get("success_rate"),
        _pass_k(verdict.facts),
        judged.get("p95_latency_ms"),
        judged.get("usd_per_success"),
        _usd_per_run(verdict.facts),
    )
    return tuple(row for row in rows if row)


def _judged(name: str, metric: Comparison, written: Written, differs: bool) -> MetricRow:
    word, tone = WORDS[metric.verdict]
    shown = figures.change_of(metric) if differs else _ratio_of(metric, written)
    unit = " points" if differs and metric.change is not None else ""
    known = metric.ci_low is not None and metric.ci_high is not None
    return MetricRow(
        name=name,
        baseline=shown.baseline,
        candidate=shown.candidate,
        change=f"{shown.change}{unit}",
        interval=f"{shown.low} … {shown.high}" if known else figures.NOT_KNOWN,
        word=word,
        tone=tone,
        note=spans(metric.reason),
    )


def _ratio_of(metric: Comparison, written: Written) -> figures.Change:
    ratios = (metric.change, metric.ci_low, metric.ci_high)
    return figures.Change(written(metric.baseline), written(metric.candidate), *map(figures.ratio, ratios))


def _pass_k(facts: Facts) -> MetricRow | None:
    k = facts.pass_k
    note = f"the chance that {k} runs of a case in a row all pass"
    arms = (facts.baseline.pass_hat_k, facts.candidate.pass_hat_k)
    return _plain_row(f"pass^{k}", *arms, figures.percent, note) if k else None


def _usd_per_run(facts: Facts) -> MetricRow | None:
    arms = (facts.baseline.usd_per_run, facts.candidate.usd_per_run)
    return _plain_row("$ per run", *arms, figures.usd, "")


def _plain_row(
    name: str, baseline: float | None, candidate: float | None, written: Written, note: str
) -> MetricRow | None:
    """A number that is shown beside the judged ones; None if neither arm has it."""
    if baseline is None and candidate is None:
        return None
    return MetricRow(
        name=name,
        baseline=written(baseline),
        candidate=written(candidate),
        change=_figures_of(baseline, candidate, written),
        interval="",
        word="",
        tone="plain",
        note=spans(note),
    )


def _figures_of(baseline: float | None, candidate: float | None, written: Written) -> str:
    if baseline is None or candidate is None:
        return figures.NOT_KNOWN
    if written is figures.percent:
        return f"{figures.points(candidate - baseline)} points"
    return figures.ratio(candidate / baseline) if baseline else figures.NOT_KNOWN
