"""The verdict: what decides, what is counted, and that the same input gives the same bytes."""

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
from tests.evals.gate.marked_suites import ALL, GOOD, NONE, suite, verdict_of
from tests.fakes.results import compared, result, with_samples


def written(verdict: Verdict) -> str:
    return json.dumps(verdict_document(verdict), allow_nan=False)


def case_of(verdict: Verdict, case_id: str) -> CaseComparison:
    return next(case for case in verdict.cases if case.case_id == case_id)


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


# --- what is counted


def test_infrastructure_errors_are_dropped_and_counted() -> None:
    verdict = verdict_of(GOOD, result(suite("!!!+++++++", cases=30)))
    assert verdict.verdict is VerdictKind.PASS
    assert (verdict.infra_errors, verdict.grader_errors) == (3, 0)
    assert case_of(verdict, "case_000").candidate_runs == 7
    assert case_of(verdict, "case_000").unmeasured == 3


def test_no_success_in_the_candidate_only_is_shown_without_infinity() -> None:
    verdict = verdict_of(GOOD, result(dict.fromkeys(suite(cases=30), NONE)))
    usd = verdict.metrics["usd_per_success"]
    assert (verdict.verdict, usd.verdict) == (VerdictKind.DRIFT, MetricVerdict.NOT_MEASURABLE)
    assert "∞" in usd.reason
    assert "Infinity" not in written(verdict)


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
