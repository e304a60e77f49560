"""Which results are never trusted, which floors hold, and what a reader is warned about."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from evals.gate import wording
from evals.gate.doubts import broken_floors, input_warnings, reasons_to_distrust
from evals.gate.evidence import arms_of, gather
from evals.gate.gate import decide
from evals.results.records import SuiteResult
from evals.results.verdict import MetricVerdict, Verdict, VerdictKind, verdict_document
from evals.suite.suite_file import GateSettings
from tests.evals.gate.marked_suites import ALL, GOOD, NONE, suite, verdict_of
from tests.fakes.results import compared, result, with_samples


def written(verdict: Verdict) -> str:
    return json.dumps(verdict_document(verdict), allow_nan=False)


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


@pytest.mark.parametrize("candidate", [result({}), result({"case_000": "!!!"}), result({"case_000": ""})])
@pytest.mark.parametrize("baseline", [None, GOOD])
def test_a_candidate_without_a_measured_run_is_not_measured(
    baseline: SuiteResult | None, candidate: SuiteResult
) -> None:
    verdict = verdict_of(baseline, candidate)
    assert verdict.verdict is VerdictKind.NOT_MEASURED
    assert set(verdict.metrics) == {"success_rate", "p95_latency_ms", "usd_per_success"}


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


def test_a_result_with_a_hole_is_distrusted_on_either_side_by_its_name() -> None:
    holed = result({"a": ALL, "b": "!!!!!!++++"})
    after, before = (
        reasons_to_distrust(arms_of(*arms), None, compared=True)
        for arms in ((result({"a": ALL, "b": ALL}), holed), (holed, result({"a": ALL, "b": ALL})))
    )
    assert all("candidate" in why for why in after)
    assert all("baseline" in why for why in before)


def test_a_baseline_that_is_not_compared_is_not_doubted() -> None:
    arms = arms_of(result({"a": "!!!"}), result({"a": ALL}))
    assert reasons_to_distrust(arms, None, compared=False) == ()


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


def test_only_a_floor_that_no_run_can_mend_is_broken_for_good() -> None:
    evidence = gather(result({"a": NONE, "b": "-"}, must_pass=["b"]))
    gate = GateSettings(min_success_rate=0.9)
    [for_good] = broken_floors(evidence, gate, unrecoverable_only=True)
    assert "must pass" in for_good
    assert list(broken_floors(evidence, gate, unrecoverable_only=False)) == [
        for_good,
        wording.below_min_success(0, 0.9),
    ]


def test_a_floor_says_nothing_of_what_was_not_measured() -> None:
    evidence = gather(result({"a": "!!!"}, must_pass=["a"]))
    assert not list(broken_floors(evidence, GateSettings(min_success_rate=0.9), unrecoverable_only=False))


# --- what a reader must know of the runs


def test_grader_errors_are_counted_apart_and_warned_about() -> None:
    verdict = verdict_of(GOOD, result(suite("???+++++++", cases=30)))
    assert (verdict.infra_errors, verdict.grader_errors) == (0, 3)
    assert any("grader broke" in warning for warning in verdict.warnings)


def test_repeats_of_a_cache_are_left_out_with_a_warning() -> None:
    cached = with_samples(GOOD, lambda sample: replace(sample, cached=sample.sample_index > 0))
    verdict = verdict_of(GOOD, cached)
    assert verdict.verdict is VerdictKind.UNDECIDED  # one run per case is left
    assert verdict.facts.candidate.totals is not None
    assert verdict.facts.candidate.totals.cached_repeats == 270
    assert any("as if a cache had answered" in warning for warning in verdict.warnings)


def test_equal_outputs_are_warned_about_and_counted() -> None:
    same = with_samples(GOOD, lambda sample: replace(sample, output_sha256="h"))
    verdict = verdict_of(GOOD, same)
    assert verdict.verdict is VerdictKind.PASS
    assert any("same output in every run" in warning for warning in verdict.warnings)


def test_a_simulated_model_has_no_cache_to_warn_about() -> None:
    same = with_samples(replace(GOOD, simulated=True), lambda sample: replace(sample, output_sha256="h"))
    assert not any("same output" in warning for warning in verdict_of(same, same).warnings)


@pytest.mark.parametrize("cost", [-0.01, 1e300, float("inf"), float("nan")])
def test_an_absurd_cost_is_warned_about_and_not_measured(cost: float) -> None:
    odd = with_samples(GOOD, lambda sample: replace(sample, cost_usd=cost) if sample.sample_index else sample)
    verdict = verdict_of(GOOD, odd)
    assert verdict.metrics["usd_per_success"].verdict is MetricVerdict.NOT_MEASURABLE
    assert any(
        "cost of the candidate is negative or impossibly large" in warning for warning in verdict.warnings
    )
    json.loads(written(verdict), parse_constant=pytest.fail)


def test_a_new_case_that_mostly_fails_is_named_though_nothing_compares_it() -> None:
    verdict = verdict_of(result({"a": "+" * 10}), result({"a": "+" * 10, "b": "-" * 9 + "+"}))
    assert "Mostly failing, and compared with nothing: `b` passed 1 of 10." in verdict.warnings


@pytest.mark.parametrize(("marks", "named"), [("+++--", False), ("++--", True), ("!!", False)])
def test_a_new_case_is_named_from_the_half_of_its_runs_failed(marks: str, named: bool) -> None:
    arms = arms_of(result({"old": ALL}), result({"old": ALL, "new": marks}))
    warnings = input_warnings(None, result({}), arms)
    assert any("compared with nothing" in warning for warning in warnings) is named


def test_a_baseline_of_another_suite_is_warned_about() -> None:
    verdict = verdict_of(replace(GOOD, suite="billing"), GOOD)
    assert any("`billing`" in warning for warning in verdict.warnings)


def test_results_that_name_no_suite_are_of_any() -> None:
    for baseline, candidate in ((replace(GOOD, suite=""), GOOD), (GOOD, replace(GOOD, suite=""))):
        assert not list(input_warnings(baseline, candidate, arms_of(baseline, candidate)))


# --- what a reader must know of the comparison


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
