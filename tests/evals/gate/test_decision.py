"""One kind of verdict, by precedence."""

from __future__ import annotations

import pytest

from agent_runtime.records import RECORDED
from evals.gate.decision import P95, SUCCESS, USD, Numbers, Objections, decision_on, source_of
from evals.results.facts import Facts
from evals.results.verdict import CaseComparison, CaseStatus, Comparison, MetricVerdict, VerdictKind
from evals.suite.suite_file import GateSettings
from tests.evals.gate.marked_suites import GOOD, NONE, suite, verdict_of
from tests.fakes.results import comparison, result

DRIFT, PASS, UNDECIDED = MetricVerdict.DRIFT, MetricVerdict.PASS, MetricVerdict.UNDECIDED


def numbers(
    success: MetricVerdict = PASS, usd: MetricVerdict = PASS, waits_for: tuple[str, ...] = ()
) -> Numbers:
    metrics = {SUCCESS: Comparison(success, 0.9, 0.8, -0.1), P95: Comparison(PASS), USD: Comparison(usd)}
    return Numbers(metrics, (), Facts(comparison=comparison(waits_for=waits_for)))


def kind_of(found: Numbers, **against: tuple[str, ...] | str) -> VerdictKind:
    return decision_on(found, Objections(**against), 0.1, "").kind  # type: ignore[arg-type]


def test_what_is_not_trusted_is_never_a_drift() -> None:
    assert kind_of(numbers(DRIFT), distrust=("holes",), floors=("low",)) is VerdictKind.NOT_MEASURED


def test_a_result_that_is_not_trusted_shows_numbers_and_no_metric_verdict() -> None:
    verdict = verdict_of(GOOD, result({**suite(NONE, cases=30), "case_029": "!" * 10}))
    assert verdict.verdict is VerdictKind.NOT_MEASURED
    assert "not trustworthy" in verdict.headline
    success = verdict.metrics["success_rate"]
    assert success.verdict is MetricVerdict.NOT_MEASURABLE
    assert success.change == pytest.approx(-1 / 29)


@pytest.mark.parametrize("found", [numbers(success=DRIFT), numbers(usd=DRIFT)])
def test_one_metric_that_drifts_is_enough(found: Numbers) -> None:
    assert kind_of(found, floors=("low",)) is VerdictKind.DRIFT


def test_drift_goes_before_the_floor_and_names_it_too() -> None:
    verdict = verdict_of(GOOD, result(suite(*[NONE] * 9, cases=30)), gate=GateSettings(min_success_rate=0.8))
    assert verdict.verdict is VerdictKind.DRIFT
    assert any("below the floor" in reason for reason in verdict.reasons)


def test_a_broken_floor_goes_before_a_missing_baseline() -> None:
    assert kind_of(numbers(), floors=("low",), alone="nothing") is VerdictKind.BELOW_FLOOR
    assert kind_of(numbers(), alone="nothing") is VerdictKind.NO_BASELINE


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (numbers(), VerdictKind.PASS),
        (numbers(usd=UNDECIDED), VerdictKind.PASS),
        (numbers(success=UNDECIDED), VerdictKind.UNDECIDED),
        (numbers(waits_for=(USD,)), VerdictKind.UNDECIDED),
    ],
)
def test_success_alone_passes_unless_a_metric_above_its_line_waits_for_the_last_look(
    found: Numbers, kind: VerdictKind
) -> None:
    assert kind_of(found) is kind


def test_shared_and_broken_cases_are_told_apart() -> None:
    broken = CaseComparison("a", CaseStatus.SHARED, broken=True)
    cases = (broken, CaseComparison("b", CaseStatus.ADDED), CaseComparison("c", CaseStatus.REMOVED))
    found = Numbers({}, cases, Facts())
    assert (found.shared, found.broken) == (1, (broken,))


@pytest.mark.parametrize(
    ("simulated", "model", "source"),
    [
        (False, "openai:gpt-4.1", ""),
        (False, None, ""),
        (True, "sim:triage", "simulated"),
        (True, None, "simulated"),
        (True, f"{RECORDED}openai:gpt-4.1", "recorded"),
    ],
)
def test_answers_of_no_real_model_say_where_they_came_from(
    simulated: bool, model: str | None, source: str
) -> None:
    assert source_of(simulated, model) == source
