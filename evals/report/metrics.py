"""The table of metrics: what was measured, how far it moved, and what that says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evals.records import Comparison, MetricVerdict, Verdict
from evals.report import figures
from evals.report.prose import Span, spans

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
    moved = figures.points if differs else figures.ratio
    unit = " points" if differs and metric.change is not None else ""
    known = metric.ci_low is not None and metric.ci_high is not None
    return MetricRow(
        name=name,
        baseline=written(metric.baseline),
        candidate=written(metric.candidate),
        change=f"{moved(metric.change)}{unit}",
        interval=f"{moved(metric.ci_low)} … {moved(metric.ci_high)}" if known else figures.NOT_KNOWN,
        word=word,
        tone=tone,
        note=spans(metric.reason),
    )


def _pass_k(facts: Mapping[str, Any]) -> MetricRow | None:
    arms = facts.get("pass_k")
    if not isinstance(arms, Mapping):
        return None
    k = arms.get("k")
    note = f"the chance that all of {k} runs of a case pass" if k else ""
    return _shown(f"pass^{k or 'k'}", arms, figures.percent, note)


def _usd_per_run(facts: Mapping[str, Any]) -> MetricRow | None:
    arms = facts.get("usd_per_run")
    return _shown("$ per run", arms, figures.usd, "") if isinstance(arms, Mapping) else None


def _shown(name: str, arms: Mapping[str, Any], written: Written, note: str) -> MetricRow:
    baseline, candidate = arms.get("baseline"), arms.get("candidate")
    return MetricRow(
        name, written(baseline), written(candidate), _moved(baseline, candidate, written), "", "", "plain", spans(note)
    )


def _moved(baseline: float | None, candidate: float | None, written: Written) -> str:
    if baseline is None or candidate is None:
        return figures.NOT_KNOWN
    if written is figures.percent:
        return f"{figures.points(candidate - baseline)} points"
    return figures.ratio(candidate / baseline) if baseline else figures.NOT_KNOWN
