"""From numbers to one kind of verdict, by precedence; what is decided, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent_runtime.records import RECORDED
from evals.results.facts import Facts
from evals.results.verdict import CaseComparison, CaseStatus, Comparison, MetricVerdict, VerdictKind

SUCCESS, P95, USD = "success_rate", "p95_latency_ms", "usd_per_success"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted and compared, before anything is decided."""

    metrics: Mapping[str, Comparison]
    cases: tuple[CaseComparison, ...]
    facts: Facts
    warnings: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """A pass waits for the last look if that has to judge a latency or a cost that lies above its line."""
        return self.metrics[SUCCESS].verdict is MetricVerdict.PASS and not self.facts.waits_for

    @property
    def shared(self) -> int:
        """Cases that are the same in both arms."""
        return sum(case.status is CaseStatus.SHARED for case in self.cases)

    @property
    def broken(self) -> tuple[CaseComparison, ...]:
        """Cases that surely got worse."""
        return tuple(case for case in self.cases if case.broken)


@dataclass(frozen=True, slots=True)
class Objections:
    """What stands against a verdict of the numbers alone, as sentences.

    Attributes:
        distrust: why the result says nothing.
        floors: floors that do not hold.
        alone: why there is nothing to compare with; None if there is.
    """

    distrust: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()
    alone: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A kind of verdict, and everything that its words are made of.

    Attributes:
        source: where the answers came from if not from a real model: simulated | recorded; "" if they did.
    """

    kind: VerdictKind
    numbers: Numbers
    objections: Objections
    margin: float
    source: str = ""


def decision_on(numbers: Numbers, objections: Objections, margin: float, source: str) -> Decision:
    """The kind by its precedence. What is not trusted does not count for any metric either."""
    kind = _kind(numbers, objections)
    if kind is VerdictKind.NOT_MEASURED:
        numbers = replace(numbers, metrics=_distrusted(numbers.metrics))
    return Decision(kind, numbers, objections, margin, source)


def _kind(numbers: Numbers, objections: Objections) -> VerdictKind:
    if objections.distrust:
        return VerdictKind.NOT_MEASURED
    if any(metric.verdict is MetricVerdict.DRIFT for metric in numbers.metrics.values()):
        return VerdictKind.DRIFT
    if objections.floors:
        return VerdictKind.BELOW_FLOOR
    if objections.alone:
        return VerdictKind.NO_BASELINE
    return VerdictKind.PASS if numbers.passes else VerdictKind.UNDECIDED


def _distrusted(metrics: Mapping[str, Comparison]) -> dict[str, Comparison]:
    return {
        name: replace(metric, verdict=MetricVerdict.NOT_MEASURABLE, reason="the result is not trustworthy")
        for name, metric in metrics.items()
    }


def source_of(simulated: bool, model: str | None) -> str:
    """Where the answers came from if not from a real model: simulated | recorded; "" if they did."""
    if not simulated:
        return ""
    return "recorded" if (model or "").startswith(RECORDED) else "simulated"
