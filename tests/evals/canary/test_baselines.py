from __future__ import annotations

import numpy as np
import pytest

from agent_runtime.statistics.stats import Counts, lower_bound
from evals.canary.baselines import chance_of_pass, describe_baseline
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult


def result(*passed: int, runs: int = 30) -> SuiteResult:
    return SuiteResult(
        "suite",
        tuple(
            CaseResult(
                f"case_{number}",
                tuple(
                    Sample(f"case_{number}", index, SampleStatus.COMPLETED, index < count)
                    for index in range(runs)
                ),
            )
            for number, count in enumerate(passed)
        ),
    )


def test_a_large_steady_suite_lets_an_unchanged_agent_pass() -> None:
    sight = describe_baseline(result(*[28] * 30))
    assert sight.chance_of_pass is not None
    assert sight.chance_of_pass > 0.9
    assert sight.minimum_detectable_drop is not None
    assert sight.minimum_detectable_drop < 0.08


def test_a_small_noisy_suite_sees_little_and_says_how_many_runs_would_help() -> None:
    sight = describe_baseline(result(*[15] * 12))
    assert sight.chance_of_pass is not None
    assert sight.chance_of_pass < 0.8
    needed = sight.samples_for_pass
    assert needed is not None
    baseline = Counts(np.full(12, 15), np.full(12, 30))
    assert chance_of_pass(baseline, needed, 0.10) >= 0.8 > chance_of_pass(baseline, needed - 1, 0.10)


def test_a_baseline_too_thin_for_any_number_of_runs_says_so() -> None:
    assert describe_baseline(result(2, 3, runs=5)).samples_for_pass is None


def test_a_baseline_without_measured_runs_sees_nothing() -> None:
    unmeasured = Sample("a", 0, SampleStatus.INFRA_ERROR, None)
    sight = describe_baseline(SuiteResult("suite", (CaseResult("a", (unmeasured,)),)))
    assert (sight.minimum_detectable_drop, sight.chance_of_pass, sight.samples_for_pass) == (None, None, None)
    assert sight.cases[0].success_rate is None


@pytest.mark.parametrize(("rates", "samples"), [([0.9] * 30, 10), ([0.5] * 12, 20), ([0.97, 0.6] * 10, 10)])
def test_the_chance_of_pass_is_what_the_pass_rule_gives_in_simulation(
    rates: list[float], samples: int
) -> None:
    draw = np.random.default_rng(1)
    runs = np.full(len(rates), 30)
    passes = 0
    for _ in range(2000):
        baseline = Counts(draw.binomial(runs, rates), runs)
        candidate = Counts(draw.binomial(samples, rates), np.full(len(rates), samples))
        passes += lower_bound(baseline, candidate) > -0.10
    expected = chance_of_pass(Counts(np.array(rates) * runs, runs), samples, 0.10)
    assert passes / 2000 == pytest.approx(expected, abs=0.07)
