"""The numbers of a verdict besides its metrics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.statistics.looks import LookPlan
from agent_runtime.statistics.stats import Counts
from evals.gate.comparison import Matched, runs_of
from evals.gate.evidence import Look, arms_of, gather
from evals.gate.facts import (
    arm_rates,
    arm_totals,
    case_comparison,
    look_facts,
    may_stop_at,
    more_runs,
    pass_k_of,
    with_suspicion,
)
from evals.results.records import SuiteResult
from evals.results.verdict import CaseComparison, CaseStatus, Comparison, MetricVerdict, VerdictKind
from tests.evals.gate.marked_suites import ALL, GOOD, NONE, suite, verdict_of
from tests.fakes.results import result

PLAN = LookPlan((3, 5, 10), 30)


def case(name: str, before: int, after: int, runs: int = 10) -> CaseComparison:
    return CaseComparison(name, CaseStatus.SHARED, before, runs, after, runs)


def matched(before: SuiteResult, after: SuiteResult) -> Matched:
    return Matched(*(runs_of(gather(arm).values()) for arm in (before, after)))


# --- cases


def test_a_case_is_written_with_the_numbers_of_both_arms() -> None:
    arms = arms_of(result({"a": "++-!"}), result({"a": "+--?"}, latency_ms=2000, cost_usd=0.03))
    found = case_comparison("a", arms)
    assert (found.baseline_passed, found.baseline_runs, found.candidate_passed, found.candidate_runs) == (
        (2, 3, 1, 3)
    )
    assert (found.baseline_p95_ms, found.candidate_p95_ms) == (1000, 2000)
    assert found.candidate_usd_per_run == pytest.approx(0.03)
    assert found.unmeasured == 2


def test_of_a_case_that_one_arm_lacks_only_the_other_is_known() -> None:
    found = case_comparison("new", arms_of(result({"a": ALL}), result({"a": ALL, "new": "+-"})))
    assert found.status is CaseStatus.ADDED
    assert (found.baseline_runs, found.baseline_p95_ms, found.candidate_runs) == (0, None, 2)


def test_a_case_without_a_measured_run_is_not_accused() -> None:
    lost = CaseComparison("lost", CaseStatus.SHARED, 10, 10, 0, 0)
    gone = CaseComparison("gone", CaseStatus.REMOVED, 10, 10, 0, 10)
    assert with_suspicion([lost, gone]) == (lost, gone)


def test_the_more_cases_are_looked_at_the_more_it_takes_to_accuse_one() -> None:
    fallen = case("fallen", 10, 6)
    [alone] = with_suspicion([fallen])
    among, *_ = with_suspicion([fallen, *(case(str(number), 10, 10) for number in range(20))])
    assert (alone.broken, alone.watch) == (True, False)
    assert (among.broken, among.watch) == (False, True)
    assert alone.p_broken == among.p_broken


def test_a_case_that_fell_by_three_of_ten_is_watched_and_not_accused() -> None:
    verdict = verdict_of(GOOD, result(suite("+++++++---", "++++++++--", cases=30)))
    assert (verdict.watch_cases, verdict.broken_cases) == (("case_000",), ())


def test_watching_goes_by_rate_when_the_arms_differ_in_runs() -> None:
    verdict = verdict_of(result(suite("+" * 30, "+" * 30)), result(suite("+++++++---", "++++++++--")))
    assert verdict.watch_cases == ("case_000",)


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), max_size=8))
def test_no_case_is_broken_and_watched_and_none_that_rose_is_either(scores: list[tuple[int, int]]) -> None:
    cases = with_suspicion([case(str(at), *score) for at, score in enumerate(scores)])
    assert not any(each.broken and each.watch for each in cases)
    assert all(each.candidate_passed < each.baseline_passed for each in cases if each.broken or each.watch)


# --- arms


def test_every_run_of_an_arm_is_counted_once() -> None:
    totals = arm_totals(gather(result({"a": "++!?", "b": "-!!"})))
    assert (totals.runs, totals.infra_errors, totals.grader_errors, totals.cached_repeats) == (3, 3, 1, 0)


def test_the_rates_of_an_arm_weigh_cases_and_not_runs() -> None:
    rates = arm_rates(runs_of(gather(result({"a": "+" * 30, "b": "--"})).values()), 2)
    assert rates.runs_per_case == (2, 30)
    assert rates.pass_rate == pytest.approx(0.5)
    assert rates.pass_hat_k == pytest.approx(0.5)


@pytest.mark.parametrize(("runs", "k"), [((10, 10), 5), ((10, 3), 3), ((1, 9), 1)])
def test_the_k_of_pass_k_is_five_or_the_fewest_runs_of_a_case(runs: tuple[int, int], k: int) -> None:
    assert pass_k_of(Counts(np.array(runs), np.array(runs))) == k


def test_pass_hat_k_uses_the_fewest_runs_up_to_five() -> None:
    verdict = verdict_of(GOOD, result(suite("+++-", cases=30)))
    assert verdict.facts.pass_k == 4
    assert verdict.facts.candidate.pass_hat_k == pytest.approx(29 / 30)


# --- what would settle it


UNDECIDED = Comparison(MetricVerdict.UNDECIDED)


def test_what_is_decided_asks_for_no_more_runs() -> None:
    both = matched(result(suite()), result(suite(NONE)))
    assert more_runs(both, Comparison(MetricVerdict.DRIFT), 0.1, 0.05, None) == (None, None)


def test_more_runs_of_the_candidate_are_asked_for_where_they_can_settle_it() -> None:
    both = matched(result(suite(cases=30)), result(dict.fromkeys(suite(cases=30), "++")))
    more, where = more_runs(both, UNDECIDED, 0.1, 0.05, None)
    assert where == "candidate"
    assert more is not None
    assert more > 0


def test_a_thin_baseline_asks_for_more_runs_of_both() -> None:
    both = matched(result({"a": "+-", "b": "+-"}), result({"a": "+-", "b": "+-"}))
    assert more_runs(both, UNDECIDED, 0.1, 0.05, None)[1] == "both"


# --- looks


FINAL = [VerdictKind.DRIFT, VerdictKind.PASS, VerdictKind.BELOW_FLOOR, VerdictKind.PROVIDER_DRIFT]


@pytest.mark.parametrize("kind", FINAL)
def test_what_another_look_could_not_change_stops_at_any(kind: VerdictKind) -> None:
    assert may_stop_at(kind, 3, 10, 5)


@pytest.mark.parametrize("kind", [kind for kind in VerdictKind if kind not in FINAL])
def test_anything_else_goes_on_to_the_planned_runs(kind: VerdictKind) -> None:
    assert not may_stop_at(kind, 3, 10, 5)
    assert may_stop_at(kind, 10, 10, 30) is (kind is not VerdictKind.UNDECIDED)
    assert may_stop_at(kind, 30, 10, None)


def test_a_look_that_ends_early_saves_the_runs_that_were_planned() -> None:
    found = look_facts(VerdictKind.DRIFT, Look(PLAN, 3), 4, 0.5)
    assert (found.stopped_early, found.runs_saved, found.usd_saved) == (True, 7 * 4, 7 * 4 * 0.5)
    assert (found.looks, found.next_look, found.horizon) == ((3,), 5, 30)


def test_a_look_that_goes_on_saves_nothing() -> None:
    found = look_facts(VerdictKind.UNDECIDED, Look(PLAN, 5), 4, None)
    assert (found.stopped_early, found.runs_saved, found.usd_saved) == (False, 0, None)
