"""The verdict: what decides, what is never trusted, and that the same input gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.gate.gate import decide
from evals.results.records import Sample, SuiteResult
from evals.results.verdict import CaseComparison, MetricVerdict, Verdict, VerdictKind, verdict_document
from evals.suite.suite_file import GateSettings
from tests.fakes.results import compared, result, with_samples

ALL = "+" * 10
NONE = "-" * 10


def suite(*marks: str, cases: int = 10) -> dict[str, str]:
    """`cases` cases: the first with the given marks, the others with ten passes."""
    every = [*marks, *[ALL] * (cases - len(marks))]
    return {f"case_{index:03}": each for index, each in enumerate(every)}


def verdict_of(
    baseline: SuiteResult | None, candidate: SuiteResult, *, gate: GateSettings | None = None
) -> Verdict:
    return decide(baseline, candidate, gate or GateSettings())


def written(verdict: Verdict) -> str:
    return json.dumps(verdict_document(verdict), allow_nan=False)


def case_of(verdict: Verdict, case_id: str) -> CaseComparison:
    return next(case for case in verdict.cases if case.case_id == case_id)


GOOD = result(suite(cases=30))
"""Perfect, and large enough to pass against itself."""


# --- what decides


def test_an_unchanged_agent_passes() -> None:
    assert verdict_of(GOOD, GOOD).verdict is VerdictKind.PASS


def test_broken_cases_are_drift_and_named() -> None:
    verdict = verdict_of(GOOD, result(suite(NONE, ALL, NONE, cases=30)))
    assert verdict.verdict is VerdictKind.DRIFT
    assert verdict.broken_cases == ("case_000", "case_002")


def test_too_few_runs_are_undecided_with_the_number_that_would_settle_it() -> None:
    verdict = verdict_of(result(suite("++-", "+--", cases=2)), result(suite("+--", "++-", cases=2)))
    assert verdict.verdict is VerdictKind.UNDECIDED
    assert (compared(verdict).runs_to_settle or 0) > 0


def test_slower_runs_are_drift_though_success_passes() -> None:
    verdict = verdict_of(GOOD, with_samples(GOOD, lambda sample: replace(sample, latency_ms=3000.0)))
    assert verdict.verdict is VerdictKind.DRIFT
    assert verdict.metrics["p95_latency_ms"].verdict is MetricVerdict.DRIFT
    assert verdict.metrics["success_rate"].verdict is MetricVerdict.PASS
    assert compared(verdict).latency_geometric_mean_ratio == pytest.approx(3)


def test_a_candidate_twenty_times_slower_does_not_make_its_baseline_look_cached() -> None:
    uneven = with_samples(
        GOOD, lambda run: replace(run, latency_ms=900.0 if run.sample_index % 3 else 2000.0)
    )
    verdict = verdict_of(uneven, with_samples(GOOD, lambda run: replace(run, latency_ms=20_000.0)))
    assert verdict.facts.baseline.totals is not None
    assert verdict.facts.baseline.totals.cached_repeats == 0
    assert verdict.metrics["p95_latency_ms"].verdict is MetricVerdict.DRIFT


def test_dearer_runs_are_drift_and_the_cost_of_a_run_tells_why() -> None:
    verdict = verdict_of(GOOD, with_samples(GOOD, lambda sample: replace(sample, cost_usd=0.02)))
    assert verdict.verdict is VerdictKind.DRIFT
    assert verdict.facts.baseline.usd_per_run == pytest.approx(0.01)
    assert verdict.facts.candidate.usd_per_run == pytest.approx(0.02)


def test_missing_costs_and_latencies_do_not_stop_a_pass() -> None:
    bare = with_samples(GOOD, lambda sample: replace(sample, cost_usd=None, latency_ms=None))
    verdict = verdict_of(bare, bare)
    assert verdict.verdict is VerdictKind.PASS
    for name in ("p95_latency_ms", "usd_per_success"):
        assert verdict.metrics[name].verdict is MetricVerdict.NOT_MEASURABLE


@pytest.mark.parametrize("cost", [-0.01, 1e300, float("inf"), float("nan")])
def test_an_absurd_cost_is_warned_about_and_not_measured(cost: float) -> None:
    odd = with_samples(GOOD, lambda sample: replace(sample, cost_usd=cost) if sample.sample_index else sample)
    verdict = verdict_of(GOOD, odd)
    assert verdict.metrics["usd_per_success"].verdict is MetricVerdict.NOT_MEASURABLE
    assert any(
        "cost of the candidate is negative or impossibly large" in warning for warning in verdict.warnings
    )
    json.loads(written(verdict), parse_constant=pytest.fail)


def test_a_case_that_fell_by_three_of_ten_is_watched_and_not_accused() -> None:
    verdict = verdict_of(GOOD, result(suite("+++++++---", "++++++++--", cases=30)))
    assert (verdict.watch_cases, verdict.broken_cases) == (("case_000",), ())


def test_watching_goes_by_rate_when_the_arms_differ_in_runs() -> None:
    verdict = verdict_of(result(suite("+" * 30, "+" * 30)), result(suite("+++++++---", "++++++++--")))
    assert verdict.watch_cases == ("case_000",)


def test_a_broken_case_is_named_even_where_the_suite_as_a_whole_passes() -> None:
    noisy = {f"noisy_{index:03}": "+++++-----" for index in range(60)}
    verdict = verdict_of(result({**noisy, "refund": ALL}), result({**noisy, "refund": NONE}))
    assert verdict.verdict is VerdictKind.PASS
    assert verdict.broken_cases == ("refund",)
    assert "`refund` went 10/10 → 0/10" in verdict.headline


def test_the_agents_own_timeouts_are_failures() -> None:
    verdict = verdict_of(GOOD, result(suite("tttttttttt", cases=30)))
    assert verdict.broken_cases == ("case_000",)
    assert verdict.infra_errors == 0


def test_a_number_too_small_to_mean_anything_is_zero() -> None:
    tiny = with_samples(GOOD, lambda sample: replace(sample, latency_ms=1e-320, cost_usd=1e-320))
    verdict = verdict_of(tiny, GOOD)
    assert verdict.verdict is VerdictKind.PASS
    assert "zero" in verdict.metrics["p95_latency_ms"].reason
    assert compared(verdict).latency_geometric_mean_ratio is None


# --- which cases


def test_added_and_removed_cases_are_listed_and_not_compared() -> None:
    old = result({**suite(), "old": NONE})
    verdict = verdict_of(old, result({**suite(), "new": NONE}))
    assert (verdict.added_cases, verdict.removed_cases) == (("new",), ("old",))
    assert verdict.metrics["success_rate"].change == 0
    assert case_of(verdict, "new").status == "added"
    assert case_of(verdict, "new").p_broken is None


def test_a_changed_case_counts_as_removed_and_added() -> None:
    old, new = result(suite(NONE), case_hash="1"), result(suite(), case_hash="1")
    new = replace(new, cases=(replace(new.cases[0], case_hash="2"), *new.cases[1:]))
    verdict = verdict_of(old, new)
    assert verdict.added_cases == verdict.removed_cases == ("case_000",)
    assert len(verdict.shared_cases) == 9
    assert case_of(verdict, "case_000").status == "changed"
    assert any("Changed since the baseline" in warning for warning in verdict.warnings)


def test_results_of_any_harness_compare_with_ours() -> None:
    verdict = verdict_of(result(suite(cases=30), case_hash="1"), GOOD)
    assert len(verdict.shared_cases) == 30


def test_a_baseline_of_another_suite_is_warned_about() -> None:
    verdict = verdict_of(replace(GOOD, suite="billing"), GOOD)
    assert any("`billing`" in warning for warning in verdict.warnings)


# --- no baseline


def test_without_a_baseline_the_candidates_own_numbers_are_shown() -> None:
    verdict = verdict_of(None, result(suite(NONE)))
    assert verdict.verdict is VerdictKind.NO_BASELINE
    assert verdict.metrics["success_rate"].candidate == pytest.approx(0.9)
    assert verdict.metrics["success_rate"].verdict is MetricVerdict.NOT_MEASURABLE
    assert verdict.facts.candidate.pass_hat_k == pytest.approx(0.9)


def test_no_shared_case_is_no_baseline() -> None:
    verdict = verdict_of(result({"a": ALL}), result({"b": ALL}))
    assert verdict.verdict is VerdictKind.NO_BASELINE
    assert (verdict.added_cases, verdict.removed_cases) == (("b",), ("a",))


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_and_real_results_never_meet(simulated: bool) -> None:
    verdict = verdict_of(replace(GOOD, simulated=simulated), replace(GOOD, simulated=not simulated))
    assert verdict.verdict is VerdictKind.NO_BASELINE
    assert verdict.shared_cases == ()
    assert "simulated" in verdict.reasons[0]


# --- floors


def test_a_success_rate_under_the_floor_fails_without_a_baseline() -> None:
    verdict = verdict_of(None, result(suite(NONE, NONE)), gate=GateSettings(min_success_rate=0.9))
    assert verdict.verdict is VerdictKind.BELOW_FLOOR
    assert "80 %, below the floor of 90 %" in verdict.headline


def test_a_success_rate_on_the_floor_holds() -> None:
    thirds = result({"a": "+" * 7 + "-" * 3, "b": "+" * 9 + "-"})
    assert (
        verdict_of(None, thirds, gate=GateSettings(min_success_rate=0.8)).verdict is VerdictKind.NO_BASELINE
    )


def test_one_failure_of_a_case_that_must_pass_is_below_the_floor() -> None:
    candidate = result(suite("+++++++++-", cases=30), must_pass=["case_000", "case_001"])
    verdict = verdict_of(GOOD, candidate)
    assert verdict.verdict is VerdictKind.BELOW_FLOOR
    assert verdict.reasons[0] == "`case_000` must pass and failed 1 of 10 runs."


def test_many_cases_that_must_pass_are_counted_and_not_all_listed() -> None:
    names = [f"case_{index:03}" for index in range(5)]
    verdict = verdict_of(None, result(dict.fromkeys(names, NONE), must_pass=names))
    assert verdict.reasons[0].endswith("and 2 more that must pass failed.")
    assert "case_003" not in verdict.reasons[0]


def test_an_outage_is_no_failure_of_a_case_that_must_pass() -> None:
    candidate = result(suite("+++++++++!", cases=30), must_pass=["case_000"])
    assert verdict_of(GOOD, candidate).verdict is VerdictKind.PASS


def test_drift_goes_before_the_floor_and_names_it_too() -> None:
    verdict = verdict_of(GOOD, result(suite(*[NONE] * 9, cases=30)), gate=GateSettings(min_success_rate=0.8))
    assert verdict.verdict is VerdictKind.DRIFT
    assert any("below the floor" in reason for reason in verdict.reasons)


# --- what is never trusted


def test_infrastructure_errors_are_dropped_and_counted() -> None:
    verdict = verdict_of(GOOD, result(suite("!!!+++++++", cases=30)))
    assert verdict.verdict is VerdictKind.PASS
    assert (verdict.infra_errors, verdict.grader_errors) == (3, 0)
    assert case_of(verdict, "case_000").candidate_runs == 7
    assert case_of(verdict, "case_000").unmeasured == 3


def test_grader_errors_are_counted_apart_and_warned_about() -> None:
    verdict = verdict_of(GOOD, result(suite("???+++++++", cases=30)))
    assert (verdict.infra_errors, verdict.grader_errors) == (0, 3)
    assert any("grader broke" in warning for warning in verdict.warnings)


def test_a_tenth_of_infrastructure_errors_is_tolerated_and_more_is_not() -> None:
    tenth = result(dict.fromkeys(suite(), "!" + "+" * 9))
    more = result({**dict.fromkeys(suite(), "!" + "+" * 9), "case_000": "!!" + "+" * 8})
    assert (
        verdict_of(GOOD, tenth, gate=GateSettings(margin=0.3)).verdict is not VerdictKind.PASS
    )  # 20 cases gone
    assert verdict_of(result(suite()), tenth, gate=GateSettings(margin=0.3)).verdict is VerdictKind.PASS
    assert verdict_of(result(suite()), more).verdict is VerdictKind.NOT_MEASURED


@pytest.mark.parametrize(
    ("marks", "trusted"), [("!!!!!+++++", True), ("!!!!!!++++", False), ("!!!!!!!!!!", False)]
)
def test_more_than_half_of_one_case_lost_is_not_measured(marks: str, trusted: bool) -> None:
    for baseline, candidate in (
        (GOOD, result(suite(marks, cases=30))),
        (result(suite(marks, cases=30)), GOOD),
    ):
        assert (verdict_of(baseline, candidate).verdict is VerdictKind.NOT_MEASURED) is not trusted


def test_a_case_without_any_run_is_not_measured() -> None:
    for baseline, candidate in (({"a": ""}, {"a": ALL}), ({"a": ALL, "b": ALL}, {"a": "", "b": ALL})):
        assert verdict_of(result(baseline), result(candidate)).verdict is VerdictKind.NOT_MEASURED


def test_a_result_that_is_not_trusted_shows_numbers_and_no_metric_verdict() -> None:
    verdict = verdict_of(GOOD, result({**suite(NONE, cases=30), "case_029": "!" * 10}))
    assert verdict.verdict is VerdictKind.NOT_MEASURED
    assert "not trustworthy" in verdict.headline
    success = verdict.metrics["success_rate"]
    assert success.verdict is MetricVerdict.NOT_MEASURABLE
    assert success.change == pytest.approx(-1 / 29)


def test_a_fifth_of_the_baselines_cases_may_be_missing_and_not_more() -> None:
    ten = result(suite())
    eight, seven = result(suite(cases=8)), result(suite(cases=7))
    assert verdict_of(ten, eight, gate=GateSettings(margin=0.5)).verdict is VerdictKind.PASS
    assert verdict_of(ten, seven, gate=GateSettings(margin=0.5)).verdict is VerdictKind.NOT_MEASURED


def test_a_missing_shard_is_not_measured() -> None:
    for expected, kind in ((375, VerdictKind.PASS), (376, VerdictKind.NOT_MEASURED)):
        assert decide(GOOD, GOOD, GateSettings(), expected_runs=expected).verdict is kind


def test_a_few_missing_runs_are_warned_about() -> None:
    verdict = decide(GOOD, GOOD, GateSettings(), expected_runs=310)
    assert verdict.verdict is VerdictKind.PASS
    assert "Only 300 of 310 expected runs are there." in verdict.warnings


def test_a_suite_that_was_made_smaller_on_purpose_is_compared() -> None:
    smaller = result(suite(cases=20))
    assert decide(GOOD, smaller, GateSettings(), expected_runs=200).verdict is VerdictKind.PASS


@pytest.mark.parametrize("candidate", [result({}), result({"case_000": "!!!"}), result({"case_000": ""})])
@pytest.mark.parametrize("baseline", [None, GOOD])
def test_a_candidate_without_a_measured_run_is_not_measured(
    baseline: SuiteResult | None, candidate: SuiteResult
) -> None:
    verdict = verdict_of(baseline, candidate)
    assert verdict.verdict is VerdictKind.NOT_MEASURED
    assert set(verdict.metrics) == {"success_rate", "p95_latency_ms", "usd_per_success"}


def test_repeats_of_a_cache_are_left_out_with_a_warning() -> None:
    cached = with_samples(GOOD, lambda sample: replace(sample, cached=sample.sample_index > 0))
    verdict = verdict_of(GOOD, cached)
    assert verdict.verdict is VerdictKind.UNDECIDED  # one run per case is left
    assert verdict.facts.candidate.totals is not None
    assert verdict.facts.candidate.totals.cached_repeats == 270
    assert any("as if a cache had answered" in warning for warning in verdict.warnings)


def test_a_new_case_that_mostly_fails_is_named_though_nothing_compares_it() -> None:
    verdict = verdict_of(result({"a": "+" * 10}), result({"a": "+" * 10, "b": "-" * 9 + "+"}))
    assert "Mostly failing, and compared with nothing: `b` passed 1 of 10." in verdict.warnings


def test_equal_outputs_are_warned_about_and_counted() -> None:
    same = with_samples(GOOD, lambda sample: replace(sample, output_sha256="h"))
    verdict = verdict_of(GOOD, same)
    assert verdict.verdict is VerdictKind.PASS
    assert any("same output in every run" in warning for warning in verdict.warnings)


def test_a_simulated_model_has_no_cache_to_warn_about() -> None:
    same = with_samples(replace(GOOD, simulated=True), lambda sample: replace(sample, output_sha256="h"))
    assert not any("same output" in warning for warning in verdict_of(same, same).warnings)


# --- what a reader must know


def test_a_perfect_suite_is_told_what_it_cannot_exclude() -> None:
    warnings = verdict_of(GOOD, GOOD).warnings
    assert "0 failures in 300 compared runs: the true failure rate could still be 1 %." in warnings


@pytest.mark.parametrize(
    ("cases", "runs", "banner"), [(5, 10, False), (4, 20, True), (7, 7, True), (10, 5, False)]
)
def test_a_small_suite_carries_a_banner(cases: int, runs: int, banner: bool) -> None:
    small = result(dict.fromkeys(suite(cases=cases), "+" * runs))
    assert any("Small suite" in warning for warning in verdict_of(small, small).warnings) is banner


def test_nothing_passed_in_the_baseline_makes_a_pass_worthless_and_says_so() -> None:
    bad = result(dict.fromkeys(suite(cases=30), NONE))
    assert any("a pass here means little" in warning for warning in verdict_of(bad, bad).warnings)


def test_where_the_exact_test_and_the_interval_disagree_the_verdict_is_called_borderline() -> None:
    verdict = verdict_of(result({"a": ALL, "b": ALL}), result({"a": "+++++++---", "b": "+++++++++-"}))
    assert verdict.verdict is VerdictKind.DRIFT
    assert compared(verdict).exact_p == pytest.approx(1 / 19)
    assert any(warning.startswith("Borderline: the interval finds drift") for warning in verdict.warnings)


def test_a_clear_verdict_is_not_called_borderline() -> None:
    for candidate in (GOOD, result(suite(NONE, NONE, cases=30))):
        assert not any("Borderline" in warning for warning in verdict_of(GOOD, candidate).warnings)


def test_no_success_in_the_candidate_only_is_shown_without_infinity() -> None:
    verdict = verdict_of(GOOD, result(dict.fromkeys(suite(cases=30), NONE)))
    usd = verdict.metrics["usd_per_success"]
    assert (verdict.verdict, usd.verdict) == (VerdictKind.DRIFT, MetricVerdict.NOT_MEASURABLE)
    assert "∞" in usd.reason
    assert "Infinity" not in written(verdict)


def test_pass_hat_k_uses_the_fewest_runs_up_to_five() -> None:
    verdict = verdict_of(GOOD, result(suite("+++-", cases=30)))
    assert verdict.facts.pass_k == 4
    assert verdict.facts.candidate.pass_hat_k == pytest.approx(29 / 30)


# --- the same input, the same bytes


def test_the_seed_is_in_the_verdict_and_reproduces_it() -> None:
    candidate = result(suite("++++++----", "+++++-----"))
    verdict = verdict_of(result(suite()), candidate)
    assert written(decide(result(suite()), candidate, GateSettings(), seed=verdict.seed)) == written(verdict)
    assert decide(GOOD, GOOD, GateSettings(), seed=7).seed == 7


def test_another_seed_draws_other_resamples() -> None:
    varied = with_samples(GOOD, lambda sample: replace(sample, cost_usd=0.01 + hash_of(sample) / 1e4))
    one, other = (decide(varied, varied, GateSettings(), seed=seed).metrics for seed in (1, 2))
    assert one["usd_per_success"].ci_low != other["usd_per_success"].ci_low


def hash_of(sample: Sample) -> int:
    """A number of its own for every run."""
    return (sample.sample_index * 31 + int(sample.case_id[-3:]) * 17) % 101


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_cases_and_lines_changes_no_byte(order: object) -> None:
    baseline = with_samples(
        result(suite("++++++----")), lambda s: replace(s, cost_usd=0.01 + hash_of(s) / 1e4)
    )
    candidate = with_samples(result(suite("+-+-+-+-+-")), lambda s: replace(s, latency_ms=900.0 + hash_of(s)))

    def shuffled(target: SuiteResult) -> SuiteResult:
        cases = [replace(case, samples=tuple(mixed(case.samples))) for case in target.cases]
        return replace(target, cases=tuple(mixed(cases)))

    def mixed(items: object) -> list:  # type: ignore[type-arg]
        return order.sample(items, len(items))  # type: ignore[attr-defined,arg-type,no-any-return]

    plain = written(verdict_of(baseline, candidate))
    assert written(verdict_of(shuffled(baseline), shuffled(candidate))) == plain


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.text("+-!?t", max_size=6), max_size=5),
    st.dictionaries(st.sampled_from("abcdef"), st.text("+-!?t", max_size=6), max_size=5),
    st.sampled_from([None, 0.5]),
)
def test_any_results_get_a_verdict_that_json_can_hold(
    old: dict[str, str], new: dict[str, str], floor: float | None
) -> None:
    verdict = verdict_of(result(old), result(new), gate=GateSettings(min_success_rate=floor))
    assert json.loads(written(verdict), parse_constant=pytest.fail)["verdict"] == verdict.verdict.value
    assert verdict.headline.startswith("**")
    if verdict.verdict is VerdictKind.PASS:
        assert verdict.metrics["success_rate"].verdict is MetricVerdict.PASS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("+-", min_size=2, max_size=8), min_size=1, max_size=6))
def test_an_agent_compared_with_itself_never_drifts(marks: list[str]) -> None:
    same = result({str(index): each for index, each in enumerate(marks)})
    verdict = verdict_of(same, same)
    assert verdict.verdict in {VerdictKind.PASS, VerdictKind.UNDECIDED}
    assert (verdict.broken_cases, verdict.watch_cases) == ((), ())
