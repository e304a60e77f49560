"""The statistics against exact arithmetic, against scipy, and against their own definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from agent_runtime.statistics import stats
from agent_runtime.statistics.stats import Counts, Runs


def counts(*cases: tuple[int, int]) -> Counts:
    passed, runs = zip(*cases, strict=True)
    return Counts(np.array(passed), np.array(runs))


def runs(per_case: list[list[float]], *, passed: float = 1.0) -> Runs:
    """One arm whose runs have these numbers as latency and as cost."""
    case = np.repeat(np.arange(len(per_case)), [len(numbers) for numbers in per_case])
    numbers = np.array(list(itertools.chain(*per_case)))
    return Runs(case, np.full(len(case), passed), numbers, numbers)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


cells = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 12)).filter(
    lambda cell: cell[0] + cell[1] > 0 and cell[2] + cell[3] > 0
)


@st.composite
def arms(draw: st.DrawFn, most_cases: int = 4, most_runs: int = 4) -> tuple[Counts, Counts]:
    """Two small arms on the same cases."""
    cases = draw(st.integers(1, most_cases))
    sides = []
    for _ in range(2):
        sizes = draw(st.lists(st.integers(1, most_runs), min_size=cases, max_size=cases))
        sides.append(counts(*((draw(st.integers(0, size)), size) for size in sizes)))
    return sides[0], sides[1]


# --- success rate


def test_every_case_weighs_the_same_whatever_its_number_of_runs() -> None:
    assert stats.change(counts((30, 30), (0, 1)), counts((0, 30), (1, 1))) == 0.0


def test_resampled_changes_have_the_unbiased_within_case_variance() -> None:
    baseline, candidate = counts((5, 10), (9, 10)), counts((2, 4), (3, 5))
    resampled = stats.resampled_changes(baseline, candidate, rng(), 200_000)
    expected = sum(
        p * (1 - p) / (n - 1)
        for arm in (baseline, candidate)
        for p, n in zip(arm.rates, arm.runs, strict=True)
    )
    assert resampled.var() * 4 == pytest.approx(expected, rel=0.02)
    assert resampled.mean() == pytest.approx(stats.change(baseline, candidate), abs=0.002)


def test_counting_resamples_equals_drawing_runs_one_by_one() -> None:
    baseline, candidate = counts((7, 10), (7, 10), (3, 4)), counts((5, 10), (9, 10), (4, 4))
    marks = [[1.0] * c + [0.0] * (n - c) for c, n in ((5, 10), (9, 10), (4, 4))]
    base = [[1.0] * c + [0.0] * (n - c) for c, n in ((7, 10), (7, 10), (3, 4))]

    def one_by_one(arm: list[list[float]], source: np.random.Generator) -> float:
        return float(np.mean([source.choice(case, len(case) - 1).mean() for case in arm]))

    source = rng()
    slow = [one_by_one(marks, source) - one_by_one(base, source) for _ in range(4000)]
    fast = stats.resampled_changes(baseline, candidate, rng(), 4000)
    assert np.quantile(fast, [0.05, 0.5, 0.95]) == pytest.approx(
        np.quantile(slow, [0.05, 0.5, 0.95]), abs=0.02
    )


def test_an_unchanged_arm_of_certain_outcomes_resamples_to_exactly_zero() -> None:
    certain = counts((3, 3), (0, 7), (10, 10))
    assert not stats.resampled_changes(certain, certain, rng()).any()


def test_a_case_with_one_run_still_has_a_variance() -> None:
    resampled = stats.resampled_changes(counts((1, 1)), counts((10, 10)), rng())
    assert resampled.std() > 0.1
    assert resampled.mean() == pytest.approx(0, abs=0.02)


def test_interval_is_the_200th_value_from_each_end_of_4000() -> None:
    assert stats.interval(np.arange(4000.0)) == (199.0, 3800.0)


def test_interval_keeps_infinite_values_without_nan() -> None:
    assert stats.interval(np.array([1.0] * 90 + [math.inf] * 10)) == (1.0, math.inf)


def test_lower_bound_of_a_perfect_suite_has_a_width() -> None:
    perfect = counts(*[(10, 10)] * 10)
    p = 20.5 / 21
    assert stats.lower_bound(perfect, perfect) == pytest.approx(
        -stats.Z * math.sqrt(10 * p * (1 - p) * 0.2) / 10
    )


# --- exact tests


@given(cells)
def test_hypergeometric_agrees_with_scipy(cell: tuple[int, int, int, int]) -> None:
    a, b, c, d = cell
    total, passed, drawn = a + b + c + d, a + c, c + d
    values = np.arange(max(0, drawn + passed - total), min(drawn, passed) + 1)
    expected = scipy_stats.hypergeom.pmf(values, total, passed, drawn)
    assert stats.hypergeometric(total, passed, drawn) == pytest.approx(expected, abs=1e-12)


@given(cells)
def test_fisher_mid_p_is_fisher_less_half_the_chance_of_the_observed(cell: tuple[int, int, int, int]) -> None:
    a, b, c, d = cell
    whole = scipy_stats.fisher_exact([[c, d], [a, b]], alternative="less").pvalue
    observed = scipy_stats.hypergeom.pmf(c, a + b + c + d, a + c, c + d)
    assert stats.fisher_mid_p(a, a + b, c, c + d) == pytest.approx(whole - observed / 2, abs=1e-9)


def test_a_case_that_breaks_fully_is_significant() -> None:
    assert stats.fisher_mid_p(10, 10, 0, 10) < 1e-5


def test_holm_on_a_worked_example() -> None:
    assert stats.holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_never_lowers_a_p_and_keeps_their_order(values: list[float]) -> None:
    adjusted = stats.holm(np.array(values))
    assert (adjusted >= np.array(values)).all()
    assert (np.diff(adjusted[np.argsort(values, kind="stable")]) >= 0).all()
    assert adjusted.max() <= 1


@settings(max_examples=60, deadline=None)
@given(arms(most_cases=3, most_runs=3))
def test_stratified_p_equals_the_count_of_all_ways_to_deal_the_runs(pair: tuple[Counts, Counts]) -> None:
    baseline, candidate = pair
    sizes = np.full_like(baseline.runs, 2)
    baseline = Counts(np.minimum(baseline.passed, 2), sizes)
    candidate = Counts(np.minimum(candidate.passed, 2), sizes)
    deals = [
        list(itertools.combinations([1] * (b + c) + [0] * (4 - b - c), 2))
        for b, c in zip(baseline.passed.tolist(), candidate.passed.tolist(), strict=True)
    ]
    observed = int(candidate.passed.sum())
    outcomes = [sum(map(sum, deal)) <= observed for deal in itertools.product(*deals)]
    assert stats.stratified_p(baseline, candidate) == pytest.approx(np.mean(outcomes))


def test_stratified_p_of_one_run_each_is_the_sign_test() -> None:
    baseline, candidate = counts(*[(1, 1)] * 7, (0, 1), (1, 1)), counts(*[(0, 1)] * 7, (1, 1), (1, 1))
    expected = scipy_stats.binomtest(7, 8, alternative="greater").pvalue
    assert stats.stratified_p(baseline, candidate) == pytest.approx(expected)


@settings(max_examples=100, deadline=None)
@given(arms(most_cases=8, most_runs=40))
def test_stratified_p_is_a_probability_for_any_numbers_of_runs(pair: tuple[Counts, Counts]) -> None:
    p = stats.stratified_p(*pair)
    assert 0 <= p <= 1
    assert p + stats.stratified_p(pair[1], pair[0]) >= 1 - 1e-9  # what was observed counts on both sides


def test_stratified_p_of_unequal_arms_agrees_with_random_dealing() -> None:
    baseline, candidate = counts((28, 30), (9, 12), (6, 6)), counts((7, 10), (5, 9), (4, 5))
    source, hits, deals = rng(), 0, 20_000
    for _ in range(deals):
        rates = [
            source.hypergeometric(b + c, n + m - b - c, m) * (1 / m + 1 / n)
            for b, n, c, m in ((28, 30, 7, 10), (9, 12, 5, 9), (6, 6, 4, 5))
        ]
        hits += sum(rates) <= 7 * (1 / 10 + 1 / 30) + 5 * (1 / 9 + 1 / 12) + 4 * (1 / 5 + 1 / 6) + 1e-9
    assert stats.stratified_p(baseline, candidate) == pytest.approx(hits / deals, abs=0.01)


# --- latency and cost


def test_p95_is_the_nearest_rank() -> None:
    assert stats.p95(runs([list(range(1, 101))])) == 95


def test_p95_gives_a_case_with_few_runs_its_full_weight() -> None:
    assert stats.p95(runs([[1.0] * 90, [9.0]])) == 9


def test_usd_per_success_divides_the_cost_of_all_runs_by_the_success_rate() -> None:
    assert stats.usd_per_success(runs([[1.0, 3.0]], passed=0.5)) == pytest.approx(4)


def test_usd_per_success_without_a_success_is_infinite() -> None:
    assert stats.usd_per_success(runs([[1.0, 3.0]], passed=0.0)) == math.inf


def test_unknown_numbers_stay_unknown() -> None:
    bare = Runs(np.zeros(2, dtype=np.int64), np.ones(2))
    assert stats.p95(bare) is None
    assert stats.usd_per_run(bare) is None
    assert stats.usd_per_success(bare) is None
    assert stats.geometric_mean_ratio(bare, bare) is None
    assert stats.resampled_metrics(bare, rng(), 10) == stats.Resampled(None, None)


def test_geometric_mean_ratio_of_doubled_latencies_is_two() -> None:
    assert stats.geometric_mean_ratio(runs([[1, 5], [7]]), runs([[2, 10], [14]])) == pytest.approx(2)


def test_resampled_cost_and_success_come_from_the_same_draws() -> None:
    passed = np.array([1.0, 0.0] * 5)
    arm = Runs(np.zeros(10, dtype=np.int64), passed, None, passed)  # only successes cost, one dollar each
    usd = stats.resampled_metrics(arm, rng(), 500).usd_per_success
    assert usd is not None
    assert usd[np.isfinite(usd)] == pytest.approx(1)


def test_resamples_draw_one_run_less_than_a_case_has() -> None:
    arm = Runs(np.array([0, 0, 0, 1, 1]), np.ones(5), None, np.array([3.0, 0, 0, 0, 0]))
    usd = stats.resampled_metrics(arm, rng(), 2000).usd_per_success
    assert usd is not None
    assert set(np.round(usd, 9)) == {0, 0.75, 1.5}  # 0, 1 or 2 of 2 draws, and half the suite's weight


def test_resampling_does_not_depend_on_the_size_of_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = runs([[1.0, 2.0, 3.0], [4.0, 5.0]])
    whole = stats.resampled_metrics(arm, rng(), 3000)
    monkeypatch.setattr(stats, "_CHUNK", 500)
    parts = stats.resampled_metrics(arm, rng(), 3000)
    assert whole.p95_ms is not None
    assert parts.p95_ms is not None
    assert len(parts.p95_ms) == 3000
    assert parts.p95_ms.mean() == pytest.approx(whole.p95_ms.mean(), rel=0.05)


def test_ratios_of_infinite_values_are_never_nan() -> None:
    inf = math.inf
    ratios = stats.ratios(np.array([1.0, inf, inf, 2.0]), np.array([inf, 1.0, inf, 3.0]))
    assert ratios.tolist() == [inf, 0.0, 1.0, 1.5]


# --- what can be seen


def test_minimum_detectable_drop_follows_its_formula() -> None:
    baseline = counts(*[(5, 10)] * 10)
    expected = 2.49 * math.sqrt(0.25 * 10 / 9 * (1 / 100 + 1 / 100)) * 1.2
    assert stats.minimum_detectable_drop(baseline, baseline.runs) == pytest.approx(expected)


def test_minimum_detectable_drop_of_a_perfect_baseline_is_not_zero() -> None:
    perfect = counts(*[(10, 10)] * 10)
    assert stats.minimum_detectable_drop(perfect, perfect.runs) == pytest.approx(0.055)


def test_minimum_detectable_drop_is_at_most_everything() -> None:
    assert stats.minimum_detectable_drop(counts((1, 2)), np.array([1])) == 1


def test_runs_to_settle_is_the_least_number_that_settles() -> None:
    baseline, candidate = counts(*[(16, 25)] * 2), counts(*[(13, 25)] * 2)
    more = stats.runs_to_settle(baseline, candidate, 0.1, most=1000, both_arms=True)
    assert more is not None

    def half_width(extra: int) -> float:
        p = stats.smoothed_rates(baseline, candidate)
        return stats.Z * math.sqrt(float((p * (1 - p) * 2 / (25 + extra)).sum())) / 2

    assert half_width(more) < 0.12 <= half_width(more - 1)


def test_no_number_of_candidate_runs_makes_up_for_a_tiny_baseline() -> None:
    assert stats.runs_to_settle(counts((1, 2)), counts((1, 2)), 0.05, most=1000) is None


@given(arms(most_runs=8), st.integers(1, 8))
def test_pass_hat_k_is_the_share_of_k_subsets_that_all_pass(pair: tuple[Counts, Counts], k: int) -> None:
    arm = pair[0]
    k = min(k, int(arm.runs.min()))
    shares = [
        np.mean([all(chosen) for chosen in itertools.combinations([True] * c + [False] * (n - c), k)])
        for c, n in zip(arm.passed.tolist(), arm.runs.tolist(), strict=True)
    ]
    assert stats.pass_hat_k(arm, k) == pytest.approx(np.mean(shares))


@given(st.integers(0, 50), st.integers(1, 50))
def test_wilson_agrees_with_scipy(passed: int, number: int) -> None:
    passed = min(passed, number)
    expected = scipy_stats.binomtest(passed, number).proportion_ci(0.90, method="wilson")
    assert stats.wilson(passed / number, number) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_rule_of_three() -> None:
    assert stats.rule_of_three(300) == 0.01
    assert stats.rule_of_three(2) == 1


@settings(max_examples=50, deadline=None)
@given(arms(), st.floats(0.001, 0.05))
def test_the_interval_of_a_look_is_never_narrower_than_that_of_its_resamples(
    both: tuple[Counts, Counts], level: float
) -> None:
    low, high = stats.look_interval(*both, rng(), level)
    narrow = stats.interval(stats.resampled_changes(*both, rng()), level)
    assert low <= narrow[0] <= narrow[1] <= high
