from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.graders import graders_for
from evals.results.records import Grade, GradeResult, ObservedCall
from tests.fakes.grading import case_of, completed, grade_of, means

SEARCH = ObservedCall("kb.search", {"query": "refund"})
REFUND = ObservedCall("billing.refund", {"amount_usd": 15, "order_id": "123"})
REFUSED = ObservedCall("billing.refund", {"amount_usd": 900}, executed=False)
NOTE = ObservedCall("crm.note", {})


def graded(written: Any, *calls: ObservedCall) -> GradeResult:
    return grade_of({"trajectory": written}, completed(calls=calls))


@pytest.mark.parametrize(
    ("written", "calls"),
    [
        ({"order": ["kb.search", "billing.refund"]}, (SEARCH, NOTE, REFUND, SEARCH)),
        ({"order": ["kb.search", "kb.search"]}, (SEARCH, SEARCH)),
        ({"order": [{"name": "billing.refund", "arguments": {"amount_usd": 15.0}}]}, (SEARCH, REFUND)),
        ({"order": ["kb.search", "billing.refund"], "exact": True}, (SEARCH, REFUSED, REFUND)),
        ({"exact": True}, ()),
        ({"arguments": {"billing.refund": {"order_id": "123"}}}, (REFUND, REFUND)),
        ({"forbidden": ["billing.refund"]}, (SEARCH, REFUSED)),
        ({"max_calls": 2}, (SEARCH, REFUND)),
        ({"max_calls": 0}, ()),
    ],
)
def test_the_wanted_way_passes(written: Any, calls: tuple[ObservedCall, ...]) -> None:
    assert graded(written, *calls) == Grade("trajectory", True)


@pytest.mark.parametrize(
    ("written", "calls", "reason"),
    [
        (
            {"order": ["kb.search", "billing.refund"]},
            (REFUND, SEARCH),
            "billing.refund was not called after kb.search (was: billing.refund → kb.search)",
        ),
        ({"order": ["kb.search"]}, (), "kb.search was not called (was: no calls)"),
        (
            {"order": ["kb.search"], "exact": True},
            (SEARCH, NOTE),
            "the calls are not exactly kb.search (was: kb.search → crm.note)",
        ),
        ({"exact": True}, (NOTE,), "the calls are not exactly none (was: crm.note)"),
        (
            {"arguments": {"billing.refund": {"amount_usd": 15}}},
            (REFUND, ObservedCall("billing.refund", {"amount_usd": 1500})),
            'billing.refund was called with {"amount_usd": 1500}, not with {"amount_usd": 15}',
        ),
        ({"arguments": {"billing.refund": {}}}, (REFUSED,), "billing.refund was not called"),
        ({"forbidden": ["crm.note"]}, (NOTE,), "crm.note was called, which is forbidden"),
        ({"max_calls": 1}, (SEARCH, SEARCH), "2 calls, above 1"),
    ],
)
def test_another_way_fails_and_both_are_named(
    written: Any, calls: tuple[ObservedCall, ...], reason: str
) -> None:
    grade = graded(written, *calls)
    assert grade.passed is False
    assert grade.reason.startswith(reason)


def test_everything_that_was_otherwise_is_said_at_once() -> None:
    assert graded({"forbidden": ["crm.note"], "max_calls": 0}, NOTE).reason.count(";") == 1


def test_a_target_that_reports_no_calls_leaves_the_sample_unmeasured() -> None:
    assert grade_of({"trajectory": {"max_calls": 1}}, completed(calls=None)).passed is None


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ({}, "asks for nothing"),
        ({"order": ["a"], "forbidden": ["a"]}, "'a' is wanted and forbidden"),
        ({"ordre": ["a"]}, "unknown key 'ordre'"),
        ({"max_calls": -1}, "max_calls"),
        ("kb.search", "must be a mapping"),
    ],
)
def test_what_asks_for_nothing_or_for_contradictions_is_refused(written: Any, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        graders_for(case_of({"trajectory": written}), means())
    assert what in str(caught.value)
    assert caught.value.problems[0].line == 9
