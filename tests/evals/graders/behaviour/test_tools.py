from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.graders.behaviour.tools import TOOL_CALLED, TOOL_NOT_CALLED
from evals.graders.kind import GraderKind
from evals.results.records import Attempt, Grade, GradeResult, ObservedCall, SampleStatus
from tests.fakes.grading import built, immediate_grade

REFUND = ObservedCall("billing.refund", {"amount_usd": 15, "order": {"id": "123", "lines": [1, 2]}})
REFUSED = ObservedCall("billing.refund", {"amount_usd": 15}, executed=False)
SEARCH = ObservedCall("kb.search", {"query": "refund"})


def called(written: Any, *calls: ObservedCall) -> GradeResult:
    grader = built(TOOL_CALLED, written, line=3)
    return immediate_grade(grader, Attempt(SampleStatus.COMPLETED, tool_calls=calls))


def not_called(written: Any, *calls: ObservedCall) -> GradeResult:
    grader = built(TOOL_NOT_CALLED, written, line=3)
    return immediate_grade(grader, Attempt(SampleStatus.COMPLETED, tool_calls=calls))


@pytest.mark.parametrize(
    "written",
    [
        "billing.refund",
        {"name": "billing.refund", "arguments": {"amount_usd": 15.0}},
        {"name": "billing.refund", "arguments": {"order": {"id": "123"}}},
        {"name": "billing.refund", "times": 1},
    ],
)
def test_an_executed_call_with_at_least_these_arguments_counts(written: Any) -> None:
    assert called(written, SEARCH, REFUND) == Grade("tool_called", True)


@pytest.mark.parametrize(
    ("written", "calls", "reason"),
    [
        ("billing.refund", (SEARCH,), "billing.refund was not called"),
        ("billing.refund", (), "billing.refund was not called"),
        ("billing.refund", (REFUSED,), "billing.refund was refused"),
        ("billing", (REFUND,), "billing was not called"),
        ({"name": "kb.search", "times": 1}, (SEARCH, SEARCH), "kb.search was called 2 times so, not 1"),
        (
            {"name": "kb.search", "arguments": {"query": "x"}},
            (SEARCH,),
            'kb.search was called with {"query": "refund"}, not with {"query": "x"}',
        ),
        (
            {"name": "kb.search", "arguments": {"top": 1}},
            (SEARCH,),
            'kb.search was called with {"query": "refund"}, not with {"top": 1}',
        ),
    ],
)
def test_a_call_that_was_wanted_and_did_not_happen_fails_with_what_did(
    written: Any, calls: tuple[ObservedCall, ...], reason: str
) -> None:
    assert called(written, *calls) == Grade("tool_called", False, reason)


def test_true_is_not_the_argument_one() -> None:
    call = ObservedCall("t", {"n": True})
    assert called({"name": "t", "arguments": {"n": 1}}, call).passed is False


def test_a_forbidden_call_fails_and_is_shown() -> None:
    assert not_called("kb.search", SEARCH).reason == 'kb.search was called with {"query": "refund"}'


@pytest.mark.parametrize("calls", [(), (SEARCH,), (REFUSED,)])
def test_a_forbidden_call_that_was_not_executed_passes(calls: tuple[ObservedCall, ...]) -> None:
    assert not_called("billing.refund", *calls).passed


def test_a_call_with_other_arguments_than_the_forbidden_ones_passes() -> None:
    assert not_called({"name": "billing.refund", "arguments": {"amount_usd": 99}}, REFUND).passed


@pytest.mark.parametrize("kind", [TOOL_CALLED, TOOL_NOT_CALLED])
def test_a_target_that_reports_no_calls_leaves_the_sample_unmeasured(kind: GraderKind[Any]) -> None:
    grade = immediate_grade(built(kind, "t"), Attempt(SampleStatus.COMPLETED))
    assert (grade.passed, grade.reason) == (None, "the target does not report tool calls")


@pytest.mark.parametrize(
    "written", [None, 5, "", {"nmae": "t"}, {"name": "t", "times": 0}, {"name": "t", "arguments": [1]}]
)
def test_what_names_no_tool_is_refused_with_its_line(written: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        called(written)
    assert caught.value.problems[0].line == 3
