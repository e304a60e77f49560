"""The gate at one of several looks: what it may decide there, when it stops, and what that saved."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.statistics.looks import DEFAULT_LOOKS, LookPlan, plan_looks
from evals.gate.gate import decide, may_stop
from evals.results.records import SuiteResult
from evals.results.verdict import MetricVerdict, Verdict, VerdictKind, verdict_document
from evals.suite.suite_file import GateSettings
from tests.fakes.results import compared, look_of, result, with_samples

PLAN = plan_looks(DEFAULT_LOOKS)
TO_TEN = plan_looks((3, 5, 7, 10))


def suite(rate: float, runs: int = 30, cases: int = 30, seed: int = 1) -> SuiteResult:
    """Every case passes with the same chance."""
    passed = np.random.default_rng(seed).random((cases, runs)) < rate
    return result(
        {f"case_{at:03}": "".join("+" if one else "-" for one in row) for at, row in enumerate(passed)}
    )


def look_at(
    candidate: SuiteResult,
    look: int,
    *,
    plan: LookPlan = PLAN,
    baseline: SuiteResult | None = None,
    gate: GateSettings | None = None,
) -> Verdict:
    return decide(baseline or BEFORE, candidate, gate or GateSettings(), plan=plan, look=look)


def written(verdict: Verdict) -> str:
    return json.dumps(verdict_document(verdict), allow_nan=False)


BEFORE = suite(0.9)
SAME = suite(0.9, seed=2)
BROKEN = suite(0.1)
DEAR = with_samples(SAME, lambda sample: replace(sample, cost_usd=0.03))


# --- what a look decides


def test_a_clear_fall_stops_at_the_first_look() -> None:
    verdict = look_at(BROKEN, 3)
    assert verdict.verdict is VerdictKind.DRIFT
    assert may_stop(verdict)


def test_what_is_not_clear_yet_goes_on() -> None:
    verdict = look_at(suite(0.82, cases=10), 3, baseline=suite(0.9, cases=10))
    assert verdict.verdict is VerdictKind.UNDECIDED
    assert not may_stop(verdict)
    assert verdict.reasons[-1] == "Look 1, with 3 runs per case; the next look is at 5."


def test_an_unchanged_suite_passes_before_the_planned_runs() -> None:
    verdict = look_at(SAME, 7)
    assert verdict.verdict is VerdictKind.PASS
    assert may_stop(verdict)


def test_a_look_asks_for_more_than_a_test_that_is_made_once() -> None:
    candidate = suite(0.8, runs=5)
    once = decide(BEFORE, candidate, GateSettings()).metrics["success_rate"]
    at_look = look_at(candidate, 5).metrics["success_rate"]
    assert at_look.ci_low is not None
    assert once.ci_low is not None
    assert at_look.ci_low < once.ci_low


def test_only_the_runs_of_the_look_count() -> None:
    assert written(look_at(SAME, 5)) == written(look_at(suite(0.9, seed=2), 5))
    assert compared(look_at(SAME, 5)).compared_runs_candidate == 150


def test_perfect_runs_of_a_small_suite_do_not_pass_at_once() -> None:
    perfect = result({str(case): "+" * 30 for case in range(10)})
    assert look_at(perfect, 3, baseline=perfect).verdict is VerdictKind.UNDECIDED


def test_a_single_run_per_case_can_find_a_breakage() -> None:
    plan = plan_looks((1, 3, 5))
    broken = result({f"case_{case:03}": "-" for case in range(30)})
    assert look_at(broken, 1, plan=plan).verdict is VerdictKind.DRIFT
    assert look_at(SAME, 1, plan=plan).verdict is VerdictKind.UNDECIDED


def test_a_look_that_sees_nothing_new_decides_nothing() -> None:
    lost = result({f"case_{case:03}": "---" + "!" * 2 for case in range(30)})
    verdict = decide(BEFORE, lost, GateSettings(), plan=PLAN, look=5)
    assert look_of(verdict).level == 0
    assert verdict.metrics["success_rate"].verdict is not MetricVerdict.DRIFT


# --- latency and cost


def test_latency_and_cost_are_shown_and_not_judged_before_the_last_look() -> None:
    usd = look_at(DEAR, 7, plan=TO_TEN).metrics["usd_per_success"]
    assert (usd.verdict, usd.reason) == (MetricVerdict.UNDECIDED, "judged at the last look only")
    assert usd.change == pytest.approx(3, rel=0.1)


def test_a_pass_waits_where_cost_already_lies_above_its_line() -> None:
    verdict = look_at(DEAR, 7, plan=TO_TEN)
    assert verdict.metrics["success_rate"].verdict is MetricVerdict.PASS
    assert verdict.verdict is VerdictKind.UNDECIDED
    assert not may_stop(verdict)
    assert "cost per successful task rose: the last look judges that" in verdict.headline


def test_the_last_look_judges_cost() -> None:
    verdict = look_at(DEAR, 10, plan=TO_TEN)
    assert verdict.verdict is VerdictKind.DRIFT
    assert verdict.metrics["usd_per_success"].verdict is MetricVerdict.DRIFT


# --- when it stops


def test_the_last_look_ends_the_looking_whatever_it_says() -> None:
    verdict = look_at(suite(0.5, cases=5), 10, plan=TO_TEN, baseline=suite(0.5, cases=5, seed=2))
    assert verdict.verdict is VerdictKind.UNDECIDED
    assert may_stop(verdict)


def test_without_a_plan_there_is_nothing_to_wait_for() -> None:
    assert may_stop(decide(None, SAME, GateSettings()))


@pytest.mark.parametrize(("look", "stop"), [(3, False), (7, False), (10, True)])
def test_without_a_baseline_the_planned_runs_are_made_and_no_more(look: int, stop: bool) -> None:
    verdict = decide(None, SAME, GateSettings(), plan=PLAN, look=look)
    assert verdict.verdict is VerdictKind.NO_BASELINE
    assert may_stop(verdict) is stop


@pytest.mark.parametrize(("look", "stop"), [(3, False), (10, True)])
def test_an_outage_may_end_before_the_planned_runs_and_is_not_waited_out_longer(
    look: int, stop: bool
) -> None:
    lost = result({f"case_{case:03}": "!!" + "+" * 8 for case in range(30)})
    verdict = look_at(lost, look)
    assert verdict.verdict is VerdictKind.NOT_MEASURED
    assert may_stop(verdict) is stop


def test_a_case_that_must_pass_and_failed_stops_at_any_look() -> None:
    strict = replace(SAME, cases=tuple(replace(case, must_pass=True) for case in SAME.cases))
    verdict = look_at(strict, 3)
    assert verdict.verdict is VerdictKind.BELOW_FLOOR
    assert may_stop(verdict)


def test_a_floor_that_more_runs_could_mend_holds_where_the_looking_ends() -> None:
    floor, small = GateSettings(min_success_rate=0.99), suite(0.9, cases=5)
    undecided = look_at(small, 3, baseline=small, gate=floor)
    assert (undecided.verdict, may_stop(undecided)) == (VerdictKind.UNDECIDED, False)
    assert look_at(SAME, 7, gate=floor).verdict is VerdictKind.BELOW_FLOOR
    assert look_at(small, 10, plan=TO_TEN, baseline=small, gate=floor).verdict is VerdictKind.BELOW_FLOOR
    assert decide(None, SAME, floor, plan=PLAN, look=10).verdict is VerdictKind.BELOW_FLOOR


# --- what it saved


def test_an_early_stop_says_what_it_saved() -> None:
    verdict = look_at(BROKEN, 3)
    assert look_of(verdict).stopped_early is True
    assert look_of(verdict).runs_saved == 7 * 30
    assert look_of(verdict).usd_saved == pytest.approx(2.10)
    assert verdict.headline.endswith(
        "Stopped at look 1, with 3 of 10 planned runs per case: 210 runs and about $2.10 saved."
    )


def test_where_costs_are_unknown_only_runs_are_saved() -> None:
    verdict = look_at(with_samples(BROKEN, lambda sample: replace(sample, cost_usd=None)), 3)
    assert look_of(verdict).usd_saved is None
    assert verdict.headline.endswith("210 runs saved.")


def test_the_planned_runs_save_nothing() -> None:
    verdict = look_at(SAME, 10)
    assert (look_of(verdict).stopped_early, look_of(verdict).runs_saved) == (False, 0)
    assert "saved" not in verdict.headline


def test_the_facts_tell_where_in_the_plan_the_look_is() -> None:
    facts = look_of(look_at(SAME, 5))
    names = ("look", "looks", "next_look", "planned_runs", "horizon")
    assert [getattr(facts, name) for name in names] == [5, (3, 5), 7, 10, 30]
    assert 0 < facts.level < 0.05


def test_a_suite_is_not_called_small_because_few_runs_were_enough() -> None:
    verdict = look_at(suite(0.1, cases=10), 3, baseline=suite(0.9, cases=10))
    assert compared(verdict).compared_runs_candidate == 30
    assert not any("Small suite" in warning for warning in verdict.warnings)


# --- the horizon, and the same bytes


def test_runs_past_the_horizon_change_nothing_but_a_warning() -> None:
    longer = suite(0.85, runs=40)
    at, past = look_at(longer, 30), look_at(longer, 40)
    assert past.metrics == at.metrics
    assert past.warnings[0].startswith("300 runs past the horizon of 30 runs per case decide nothing")
    assert past.verdict is at.verdict


def test_runs_past_the_horizon_are_not_missed() -> None:
    verdict = decide(BEFORE, suite(0.9, runs=40), GateSettings(), plan=PLAN, look=40, expected_runs=1200)
    assert not any("expected runs" in warning for warning in verdict.warnings)


def test_no_more_runs_are_asked_for_than_the_horizon_leaves() -> None:
    small = suite(0.5, cases=3)
    at_the_end = look_at(small, 30, baseline=small)
    assert compared(at_the_end).runs_to_settle is None
    assert "no affordable number of runs" in at_the_end.headline


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcd"), st.text("+-!?t", max_size=8), max_size=4),
    st.dictionaries(st.sampled_from("abcd"), st.text("+-!?t", max_size=8), max_size=4),
    st.sampled_from([1, 2, 3, 5, 7]),
)
def test_any_look_gets_a_verdict_that_json_can_hold_and_the_same_one_again(
    old: dict[str, str], new: dict[str, str], look: int
) -> None:
    plan = plan_looks((1, 2, 3, 5, 7), horizon=7)
    verdict = decide(result(old), result(new), GateSettings(), plan=plan, look=look)
    assert json.loads(written(verdict), parse_constant=pytest.fail)["verdict"] == verdict.verdict.value
    assert written(decide(result(old), result(new), GateSettings(), plan=plan, look=look)) == written(verdict)
