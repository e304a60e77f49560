"""One metric at a time: when it drifts, when it passes, and when it cannot be measured."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agent_runtime.statistics.stats import Counts, Floats, Runs
from evals.gate.comparison import Matched, compare_ratios, compare_success, compare_success_at
from evals.results.verdict import Comparison, MetricVerdict


def counts(*cases: tuple[int, int]) -> Counts:
    passed, runs = zip(*cases, strict=True)
    return Counts(np.array(passed), np.array(runs))


def success(baseline: Counts, candidate: Counts, margin: float = 0.1) -> Comparison:
    return compare_success(baseline, candidate, margin, np.random.default_rng(1))


def arm(
    factor: float = 1.0, *, cases: int = 10, runs: int = 10, passed: float = 1.0, latency: bool = True
) -> Runs:
    """Numbers around 1000 ms and one cent, times `factor`; the same ones every time."""
    numbers = np.random.default_rng(3).lognormal(0, 0.3, cases * runs)
    return Runs(
        np.repeat(np.arange(cases), runs),
        np.full(cases * runs, passed),
        1000 * factor * numbers if latency else None,
        0.01 * factor * numbers,
    )


def ratios(baseline: Runs, candidate: Runs) -> tuple[Comparison, Comparison]:
    return compare_ratios(Matched(baseline, candidate), np.random.default_rng(1))


def test_a_broken_case_is_drift() -> None:
    found = success(counts(*[(9, 10)] * 10), counts(*[(9, 10)] * 9, (0, 10)))
    assert found.verdict is MetricVerdict.DRIFT
    assert found.change == pytest.approx(-0.09)
    assert found.ci_high is not None
    assert found.ci_high < 0


def test_an_unchanged_suite_passes() -> None:
    same = counts(*[(9, 10)] * 30)
    assert success(same, same).verdict is MetricVerdict.PASS


def test_a_perfect_but_tiny_suite_does_not_pass() -> None:
    perfect = counts((3, 3), (3, 3))
    found = success(perfect, perfect)
    assert (found.ci_low, found.ci_high) == (0, 0)
    assert found.verdict is MetricVerdict.UNDECIDED


def test_the_margin_moves_the_pass() -> None:
    same = counts(*[(5, 10)] * 10)
    assert success(same, same, margin=0.05).verdict is MetricVerdict.UNDECIDED
    assert success(same, same, margin=0.20).verdict is MetricVerdict.PASS


def test_a_small_certain_fall_is_drift_and_not_a_pass() -> None:
    found = success(counts(*[(10, 10)] * 50), counts(*[(10, 10)] * 48, (0, 10), (0, 10)))
    assert found.verdict is MetricVerdict.DRIFT
    assert found.change == pytest.approx(-0.04)


def test_an_improvement_passes() -> None:
    assert success(counts(*[(5, 10)] * 10), counts(*[(9, 10)] * 10)).verdict is MetricVerdict.PASS


def test_one_run_each_finds_five_falls_by_sign_and_not_four() -> None:
    five = success(counts(*[(1, 1)] * 9), counts(*[(0, 1)] * 5, *[(1, 1)] * 4))
    four = success(counts(*[(1, 1)] * 9), counts(*[(0, 1)] * 4, *[(1, 1)] * 5))
    assert (five.verdict, four.verdict) == (MetricVerdict.DRIFT, MetricVerdict.UNDECIDED)
    assert five.ci_low is five.ci_high is None


def test_one_run_each_never_passes() -> None:
    perfect = counts(*[(1, 1)] * 500)
    assert success(perfect, perfect).verdict is MetricVerdict.UNDECIDED


def test_one_single_run_among_many_does_not_stop_a_pass() -> None:
    mixed = counts(*[(10, 10)] * 29, (1, 1))
    assert success(mixed, mixed).verdict is MetricVerdict.PASS


def test_equal_latency_and_cost_pass() -> None:
    assert [metric.verdict for metric in ratios(arm(), arm())] == [MetricVerdict.PASS, MetricVerdict.PASS]


def test_doubled_latency_and_cost_drift() -> None:
    for metric in ratios(arm(), arm(2)):
        assert metric.verdict is MetricVerdict.DRIFT
        assert metric.change == pytest.approx(2)
        assert metric.ci_low is not None
        assert metric.ci_low > 1.1


def test_a_tenth_more_is_not_called_drift() -> None:
    assert all(metric.verdict is not MetricVerdict.DRIFT for metric in ratios(arm(), arm(1.09)))


def test_fewer_successes_at_the_same_cost_raise_the_price_of_a_success() -> None:
    usd = ratios(arm(), arm(passed=0.5))[1]
    assert usd.verdict is MetricVerdict.DRIFT
    assert usd.change == pytest.approx(2)


def test_without_latencies_only_p95_is_not_measurable() -> None:
    p95, usd = ratios(arm(), arm(latency=False))
    assert (p95.verdict, usd.verdict) == (MetricVerdict.NOT_MEASURABLE, MetricVerdict.PASS)
    assert p95.baseline is not None
    assert p95.candidate is None


def test_without_a_success_in_the_baseline_there_is_no_price() -> None:
    usd = ratios(arm(passed=0), arm())[1]
    assert (usd.verdict, usd.baseline) == (MetricVerdict.NOT_MEASURABLE, None)
    assert "no success in the baseline" in usd.reason


def test_without_a_success_in_the_candidate_the_price_is_shown_as_infinite() -> None:
    usd = ratios(arm(), arm(passed=0))[1]
    assert (usd.verdict, usd.candidate, usd.change) == (MetricVerdict.NOT_MEASURABLE, None, None)
    assert "∞" in usd.reason
    assert usd.baseline is not None


def test_a_free_baseline_has_no_ratio() -> None:
    free = Runs(arm().case, arm().passed, np.zeros(100), np.zeros(100))
    for metric in ratios(free, arm()):
        assert metric.verdict is MetricVerdict.NOT_MEASURABLE


def test_one_run_each_has_no_spread_of_ratios() -> None:
    for metric in ratios(arm(runs=1), arm(runs=10)):
        assert metric.verdict is MetricVerdict.NOT_MEASURABLE


def test_rare_successes_give_an_open_interval_and_never_infinity() -> None:
    rare: Floats = np.array([1.0] + [0.0] * 9)
    few = Runs(np.zeros(10, dtype=np.int64), rare, None, np.ones(10))
    many = Runs(np.zeros(10, dtype=np.int64), np.ones(10), None, np.ones(10))
    usd = ratios(many, few)[1]
    assert usd.ci_high is None
    assert usd.ci_low is not None
    assert math.isfinite(usd.ci_low)


# --- at one of several looks


def at_look(level: float, baseline: Counts, candidate: Counts) -> Comparison:
    return compare_success_at(level, baseline, candidate, 0.1, np.random.default_rng(1))


def test_a_finer_level_asks_for_more() -> None:
    baseline, candidate = counts(*[(9, 10)] * 10), counts(*[(8, 10)] * 10)
    found = [at_look(level, baseline, candidate).verdict for level in (0.05, 0.001)]
    assert found == [MetricVerdict.DRIFT, MetricVerdict.UNDECIDED]


def test_a_look_without_a_level_decides_nothing_and_still_shows_an_interval() -> None:
    found = at_look(0.0, counts(*[(10, 10)] * 10), counts(*[(0, 10)] * 10))
    assert found.verdict is MetricVerdict.UNDECIDED
    assert (found.ci_low, found.ci_high) != (None, None)


def test_one_run_per_case_is_judged_at_the_level_of_the_look() -> None:
    baseline, candidate = counts(*[(1, 1)] * 5), counts(*[(0, 1)] * 5)
    verdicts = [at_look(level, baseline, candidate).verdict for level in (0.05, 0.001)]
    assert verdicts == [MetricVerdict.DRIFT, MetricVerdict.UNDECIDED]


def test_a_few_perfect_runs_do_not_rule_a_drop_out() -> None:
    baseline, candidate = counts(*[(30, 30)] * 10), counts(*[(3, 3)] * 10)
    assert success(baseline, candidate).verdict is MetricVerdict.PASS
    assert at_look(0.005, baseline, candidate).verdict is MetricVerdict.UNDECIDED
