"""One metric, baseline against candidate: arrays of runs in, a Comparison out. The decision rules are here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent_runtime.statistics import stats
from agent_runtime.statistics.stats import Counts, Floats, Resampled, Runs
from evals.gate.evidence import CaseEvidence, outcome, usable
from evals.results.verdict import Comparison, MetricVerdict

RATIO_DRIFT = 1.10
"""p95 and $ drift if the interval of the ratio lies above this. At 1.00 one of three metrics would call 9–15 % of
unchanged agents drift; at 1.10 it is 7 % at most, the rows `family alarm` of benchmarks/gate_calibration.py.
"""
P95_PASS = 1.25
USD_PASS = 1.20
"""A rise that most teams would let go; latencies scatter more. Chosen, not measured: no kind of verdict hangs on it."""
FINEST_LEVEL = 1 / stats.RESAMPLES
"""Below it the quantile is the outermost resample, whatever the level."""
ONE_RUN = "one run per case in an arm has no spread"


@dataclass(frozen=True, slots=True)
class Matched:
    """Both arms on the same cases, in the same order; every case has a measured run in both."""

    baseline: Runs
    candidate: Runs

    @property
    def counts(self) -> tuple[Counts, Counts]:
        """Passed and measured runs per case, baseline first."""
        return self.baseline.counts, self.candidate.counts

    @property
    def single(self) -> bool:
        """True if an arm has one run per case, which leaves only a sign test."""
        return _one_run_each(*self.counts)


def compare_success(
    baseline: Counts, candidate: Counts, margin: float, rng: np.random.Generator
) -> Comparison:
    """Drift if the interval lies below zero; pass if the conservative lower bound is above −margin."""
    if _one_run_each(baseline, candidate):
        return _compare_by_sign(baseline, candidate, stats.ONE_SIDED)
    low, high = stats.interval(stats.resampled_changes(baseline, candidate, rng))
    # Not `low`: ten passes of ten everywhere resample to an interval without width, and every pass would be proven.
    passes = stats.lower_bound(baseline, candidate) > -margin
    return _compared(baseline, candidate, low, high, passes)


def compare_success_at(
    level: float, baseline: Counts, candidate: Counts, margin: float, rng: np.random.Generator
) -> Comparison:
    """One look of several: drift if its interval lies below zero, pass if it lies above −margin.

    Each errs with chance `level`. At a level finer than resamples tell apart, nothing is decided.
    """
    if _one_run_each(baseline, candidate):
        return _compare_by_sign(baseline, candidate, level)
    low, high = stats.look_interval(baseline, candidate, rng, max(level, FINEST_LEVEL))
    compared = _compared(baseline, candidate, low, high, passes=low > -margin)
    return compared if level >= FINEST_LEVEL else replace(compared, verdict=MetricVerdict.UNDECIDED)


def _compared(baseline: Counts, candidate: Counts, low: float, high: float, passes: bool) -> Comparison:
    otherwise = MetricVerdict.PASS if passes else MetricVerdict.UNDECIDED
    verdict = MetricVerdict.DRIFT if high < 0 else otherwise
    change = stats.change(baseline, candidate)
    return Comparison(verdict, baseline.rate, candidate.rate, change, low, high)


def _one_run_each(baseline: Counts, candidate: Counts) -> bool:
    return any(int(counts.runs.max()) == 1 for counts in (baseline, candidate))


def _compare_by_sign(baseline: Counts, candidate: Counts, level: float) -> Comparison:
    """For an arm with one run per case: drift if the exact test says so, else undecided; never a pass."""
    drift = stats.stratified_p(baseline, candidate) < level
    return Comparison(
        verdict=MetricVerdict.DRIFT if drift else MetricVerdict.UNDECIDED,
        baseline=baseline.rate,
        candidate=candidate.rate,
        change=stats.change(baseline, candidate),
        reason=ONE_RUN,
    )


def compare_ratios(
    matched: Matched, rng: np.random.Generator, level: float = stats.ONE_SIDED
) -> tuple[Comparison, Comparison]:
    """p95 latency and $ per success, in this order, from the same resamples of whole runs."""
    before = stats.resampled_metrics(matched.baseline, rng)
    after = stats.resampled_metrics(matched.candidate, rng)
    return compare_p95(matched, before, after, level), compare_usd(matched, before, after, level)


def compare_p95(matched: Matched, before: Resampled, after: Resampled, level: float) -> Comparison:
    """Ratio of p95 latencies."""
    baseline, candidate = stats.p95(matched.baseline), stats.p95(matched.candidate)
    if baseline is None or candidate is None or before.p95_ms is None or after.p95_ms is None:
        return _not_measurable(baseline, candidate, "not every run has a usable latency")
    if baseline == 0:
        return _not_measurable(baseline, candidate, "the baseline's p95 latency is zero")
    if matched.single:
        return _not_measurable(baseline, candidate, ONE_RUN)
    return _compare_ratio(baseline, candidate, stats.ratios(before.p95_ms, after.p95_ms), P95_PASS, level)


def compare_usd(matched: Matched, before: Resampled, after: Resampled, level: float) -> Comparison:
    """Ratio of $ per success. Without a success there is none: the success rate has the word then."""
    baseline, candidate = stats.usd_per_success(matched.baseline), stats.usd_per_success(matched.candidate)
    resampled = before.usd_per_success, after.usd_per_success
    if baseline is None or candidate is None or resampled[0] is None or resampled[1] is None:
        return _not_measurable(baseline, candidate, "not every run has a usable cost")
    # Infinite prices before zero ones: each has a reason of its own that the reader can act on.
    if baseline == math.inf:
        return _not_measurable(baseline, candidate, "no success in the baseline")
    if candidate == math.inf:
        return _not_measurable(baseline, candidate, "∞: no success in the candidate")
    if baseline == 0:
        return _not_measurable(baseline, candidate, "the baseline cost nothing")
    if matched.single:
        return _not_measurable(baseline, candidate, ONE_RUN)
    return _compare_ratio(baseline, candidate, stats.ratios(resampled[0], resampled[1]), USD_PASS, level)


def _compare_ratio(
    baseline: float, candidate: float, resampled: Floats, pass_below: float, level: float
) -> Comparison:
    low, high = stats.interval(resampled, level)
    if low > RATIO_DRIFT:
        verdict = MetricVerdict.DRIFT
    else:
        verdict = MetricVerdict.PASS if high < pass_below else MetricVerdict.UNDECIDED
    return Comparison(verdict, baseline, candidate, finite(candidate / baseline), finite(low), finite(high))


def _not_measurable(baseline: float | None, candidate: float | None, reason: str) -> Comparison:
    return Comparison(MetricVerdict.NOT_MEASURABLE, finite(baseline), finite(candidate), reason=reason)


def finite(value: float | None) -> float | None:
    """The value, or None for what JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None


_NOTHING = 1e-12
"""Dollars or milliseconds: far below any price of a token or tick of a clock."""


def runs_of(cases: Iterable[CaseEvidence]) -> Runs:
    """The measured runs, case by case; a metric that is not known for every run is left out whole."""
    numbered = [(index, sample) for index, case in enumerate(cases) for sample in case.runs]
    samples = [sample for _, sample in numbered]
    return Runs(
        case=np.array([index for index, _ in numbered], dtype=np.int64),
        passed=np.array([outcome(sample) for sample in samples], dtype=np.float64),
        latency_ms=_column([sample.latency_ms for sample in samples]),
        cost_usd=_column([sample.cost_usd for sample in samples]),
    )


def _column(numbers: Sequence[float | None]) -> Floats | None:
    """None unless every number is usable. What is too small to mean anything is zero: ratios would overflow."""
    if not usable(numbers):
        return None
    column = np.array(numbers, dtype=np.float64)
    return np.where(column < _NOTHING, 0.0, column)
