from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from evals.report.junit import render_junit
from evals.results.records import SuiteResult
from evals.results.verdict import Comparison, MetricVerdict, Verdict, VerdictKind
from tests.evals.sample_results import (
    baseline_result,
    candidate_result,
    case,
    hostile_result,
    verdict_of,
)

CANDIDATE = candidate_result()
DRIFT = verdict_of(CANDIDATE, baseline_result())
RED = {
    VerdictKind.DRIFT: "failure",
    VerdictKind.BELOW_FLOOR: "failure",
    VerdictKind.NOT_MEASURED: "error",
}


def suite(verdict: Verdict, candidate: SuiteResult) -> ElementTree.Element:
    found = ElementTree.fromstring(render_junit(verdict, candidate)).find("testsuite")
    assert found is not None
    return found


def outcomes(verdict: Verdict, candidate: SuiteResult, tag: str) -> list[str | None]:
    return [
        row.get("name") for row in suite(verdict, candidate).iter("testcase") if row.find(tag) is not None
    ]


def test_each_case_is_one_testcase_whatever_its_runs() -> None:
    assert len(list(suite(DRIFT, CANDIDATE).iter("testcase"))) == 12
    assert suite(DRIFT, CANDIDATE).get("tests") == "12"


def test_the_broken_cases_carry_a_drift() -> None:
    assert outcomes(DRIFT, CANDIDATE, "failure") == [
        "refund_15_small",
        "refund_over_limit",
        "cancel_subscription",
    ]


def test_a_testcase_tells_its_score_and_the_first_reason() -> None:
    told = suite(DRIFT, CANDIDATE).findtext("testcase[@name='refund_over_limit']/system-out") or ""
    assert told.startswith("2/10 runs passed, 10/10 in the baseline")
    assert "amount==15 is false" in told


@pytest.mark.parametrize("kind", list(VerdictKind))
@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_the_file_is_red_exactly_when_the_verdict_is(kind: VerdictKind, rate: float) -> None:
    result = SuiteResult("s", (case("a", rate), case("b", 1.0)))
    verdict = replace(verdict_of(result, None), verdict=kind)
    tests = suite(verdict, result)
    red = {tag for tag in ("failure", "error") if tests.findall(f"testcase/{tag}")}
    assert red == ({RED[kind]} if kind in RED else set())
    assert (tests.get("failures") != "0", tests.get("errors") != "0") == ("failure" in red, "error" in red)


def test_a_must_pass_case_that_failed_carries_the_broken_floor() -> None:
    result = SuiteResult("s", (case("invoice_copy", 0.9), case("refund_twice", 0.0)))
    verdict = replace(verdict_of(result, None), verdict=VerdictKind.BELOW_FLOOR)
    assert outcomes(verdict, result, "failure") == ["invoice_copy"]


def test_a_spread_drift_is_carried_by_every_case_that_fell() -> None:
    before = SuiteResult("s", (case("a", 1.0), case("b", 1.0), case("c", 0.9)))
    after = SuiteResult("s", (case("a", 0.8), case("b", 0.8), case("c", 0.9)))
    verdict = replace(
        verdict_of(after, before),
        broken_cases=(),
        metrics={"success_rate": Comparison(MetricVerdict.DRIFT, 0.97, 0.83, -0.13, -0.2, -0.05)},
    )
    assert outcomes(verdict, after, "failure") == ["a", "b"]


def test_a_latency_drift_is_carried_by_the_whole_suite() -> None:
    result = SuiteResult("s", (case("a", 1.0), case("b", 0.9)))
    verdict = replace(verdict_of(result, result), verdict=VerdictKind.DRIFT, metrics={}, broken_cases=())
    assert outcomes(verdict, result, "failure") == ["a", "b"]


def test_a_case_without_a_measured_run_is_skipped_not_failed() -> None:
    silent = replace(case("a", 1.0, 1), samples=())
    result = SuiteResult("s", (silent, case("b", 1.0)))
    assert outcomes(verdict_of(result, None), result, "skipped") == ["a"]


def test_hostile_names_and_outputs_make_xml_that_parses() -> None:
    result = hostile_result()
    assert len(list(suite(verdict_of(result, None), result).iter("testcase"))) == len(result.cases)
    assert "\x1b" not in render_junit(verdict_of(result, None), result)
