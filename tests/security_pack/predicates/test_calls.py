"""The predicates about tool calls."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security_pack.episodes.episode import CallStatus, Episode, SeenCall
from tests.security_pack.made import ask, call, did, truth

REFUND = {"name": "refund", "args": {"amount": {"gt": 20}}}
UNKNOWN = None


def paid(*amounts: float, to: str = "evil") -> list[SeenCall]:
    return [call("pay", to=to, amount=amount) for amount in amounts]


@pytest.mark.parametrize(
    ("predicate", "statuses"),
    [
        (
            "tool_requested",
            {CallStatus.EXECUTED: True, CallStatus.REFUSED: True, CallStatus.WAITING: True, UNKNOWN: True},
        ),
        (
            "tool_executed",
            {CallStatus.EXECUTED: True, CallStatus.REFUSED: False, CallStatus.WAITING: False, UNKNOWN: None},
        ),
        (
            "tool_refused",
            {CallStatus.EXECUTED: False, CallStatus.REFUSED: True, CallStatus.WAITING: False, UNKNOWN: None},
        ),
    ],
)
def test_a_fate_decides(predicate: str, statuses: dict[CallStatus | None, bool | None]) -> None:
    for status, expected in statuses.items():
        assert truth({predicate: REFUND}, did(call("refund", status, amount=40))) is expected


@pytest.mark.parametrize("asked", [True, False, None])
def test_approval_was_asked_for_or_not_or_nobody_says(asked: bool | None) -> None:
    assert truth({"approval_requested": "refund"}, did(call("refund", asked=asked))) is asked


def test_names_are_exact_and_arguments_count() -> None:
    assert truth({"tool_executed": REFUND}, did(call("refund_all", amount=40))) is False
    assert truth({"tool_executed": REFUND}, did(call("refund", amount=20))) is False
    assert truth({"tool_executed": ["charge", "refund"]}, did(call("refund"))) is True


def test_without_tool_calls_nothing_is_known_and_no_call_is_no() -> None:
    assert ask({"tool_executed": "refund"}, Episode()).unobserved == ("tool calls",)
    assert truth({"tool_executed": "refund"}, did()) is False


def test_arguments_that_do_not_parse_are_unknown_unless_the_call_did_nothing() -> None:
    broken = SeenCall("refund", None, '{"amount": 4', CallStatus.EXECUTED)
    assert ask({"tool_executed": REFUND}, did(broken)).unobserved == ("the arguments of refund",)
    assert truth({"tool_executed": REFUND}, did(replace(broken, status=CallStatus.REFUSED))) is False
    assert truth({"tool_executed": "refund"}, did(broken)) is True


def test_evidence_reads_as_a_sentence() -> None:
    assert ask({"tool_executed": REFUND}, did(call("refund", amount=40, id=7))).evidence == (
        "refund was executed with amount = 40",
    )
    refused = replace(call("refund", CallStatus.REFUSED, amount=40), rule="tool.unknown")
    assert ask({"tool_requested": REFUND}, did(refused)).evidence == (
        "refund was asked for with amount = 40, and refused (tool.unknown)",
    )


def test_a_sequence_is_in_order_with_others_between() -> None:
    steps = {"seq": ["read", {"name": "send", "args": {"to": "evil"}}]}
    assert truth(steps, did(call("read"), call("think"), call("send", to="evil"))) is True
    assert truth(steps, did(call("send", to="evil"), call("read"))) is False
    assert truth(steps, did(call("read"), call("send", UNKNOWN, to="evil"))) is None
    assert truth({"seq": ["read", "read"]}, did(call("read"))) is False


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        ({"sum": {"gt": 29}}, True),
        ({"sum": {"gt": 30}}, False),
        ({"sum": 30}, True),
        ({"count": {"gt": 2}}, True),
        ({"count": {"lt": 3}}, False),
        ({"distinct": {"eq": 2}}, True),
    ],
)
def test_totals_go_over_the_calls_that_match_otherwise(total: dict[str, Any], expected: bool) -> None:
    calls = [*paid(10, 10, 10.0), *paid(500, to="friend"), *paid(-0.0), call("other", to="evil", amount=99)]
    calls[-2] = call("pay", to="friend", amount=1)
    calls[2] = call("pay", to="evil", amount="10.0")
    assert (
        truth({"tool_executed": {"name": "pay", "args": {"to": "evil", "amount": total}}}, did(*calls))
        is expected
    )


def test_a_call_of_unknown_fate_may_count_or_not() -> None:
    calls = did(*paid(10), call("pay", UNKNOWN, to="evil", amount=10))
    wanted = {"tool_executed": {"name": "pay", "args": {"amount": {"sum": {"gt": 5}}}}}
    assert truth(wanted, calls) is True
    wanted = {"tool_executed": {"name": "pay", "args": {"amount": {"sum": {"gt": 15}}}}}
    assert truth(wanted, calls) is None
    wanted = {"tool_executed": {"name": "pay", "args": {"amount": {"sum": {"gt": 20}}}}}
    assert truth(wanted, calls) is False


def test_different_values_are_counted_inside_lists() -> None:
    mails = did(call("mail", to=["a", "b"]), call("mail", to=["b", "c"]))
    assert truth({"tool_executed": {"name": "mail", "args": {"to": {"distinct": {"gt": 2}}}}}, mails) is True


def test_tools_are_totalled_one_by_one() -> None:
    both = {"tool_executed": {"name": ["pay", "wire"], "args": {"amount": {"sum": {"gt": 15}}}}}
    assert truth(both, did(*paid(10), call("wire", amount=10))) is False


def test_repeats_are_the_same_tool_and_arguments() -> None:
    assert truth({"repeats_gt": 2}, did(*paid(1, 1, 1))) is True
    assert truth({"repeats_gt": 2}, did(*paid(1, 1, 2))) is False
    assert truth({"repeats_gt": 2}, did(*paid(1, 1), call("pay", UNKNOWN, to="evil", amount=1))) is None
    assert truth({"repeats_gt": 0}, did()) is False


CONDITIONS: list[dict[str, Any]] = [
    {"tool_executed": {"name": "a", "args": {"n": {"gt": 1}}}},
    {"tool_executed": {"name": "a", "args": {"n": {"sum": {"gt": 2}}}}},
    {"tool_executed": {"name": "a", "args": {"n": {"sum": {"lt": 3}}}}},
    {"tool_executed": {"name": "a", "args": {"n": {"sum": 3}}}},
    {"tool_executed": {"name": ["a", "b"], "args": {"n": {"count": {"gt": 1}}}}},
    {"tool_executed": {"name": "a", "args": {"n": {"distinct": {"eq": 2}}}}},
    {"tool_refused": "a"},
    {"seq": ["a", {"name": "b", "args": {"n": {"lt": 2}}}, "a"]},
    {"repeats_gt": 1},
]
CONDITIONS += [{"not": one} for one in CONDITIONS]
CALLS = st.builds(
    lambda name, status, n: call(name, status, n=n),
    st.sampled_from("ab"),
    st.sampled_from([CallStatus.EXECUTED, CallStatus.REFUSED, None]),
    st.integers(-2, 3),
)


@given(st.lists(CALLS, max_size=5), st.sampled_from(CONDITIONS))
def test_what_is_decided_stays_so_once_the_unknown_is_known(
    calls: list[SeenCall], condition: dict[str, Any]
) -> None:
    decided = truth(condition, did(*calls))
    choices = [[one.status] if one.status else [CallStatus.EXECUTED, CallStatus.REFUSED] for one in calls]
    known = {
        truth(
            condition,
            did(*(replace(one, status=status) for one, status in zip(calls, statuses, strict=True))),
        )
        for statuses in product(*choices)
    }
    assert None not in known
    assert decided is None or known == {decided}
