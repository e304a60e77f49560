"""An approval is a capability: one call, once, for a while, from somebody else."""

from __future__ import annotations

import pytest

from agent_runtime.agent.policy import ApprovalRule
from agent_runtime.guard.approvals import ApprovalBook, Grant, Refusal, grant_of

RULE = ApprovalRule(expires_minutes=10)
ONE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def book(rule: ApprovalRule = RULE, *approvers: str, now: float = 0) -> ApprovalBook:
    filled = ApprovalBook(rule)
    for approver in approvers:
        filled.grant(ONE, requester="ann", approver=approver, now=now)
    return filled


def rule_of(refusal: Refusal | Grant | None) -> str | None:
    return refusal.rule if isinstance(refusal, Refusal) else None


def test_an_approved_call_may_happen() -> None:
    assert book(RULE, "bob").use(ONE, now=1) is None


def test_what_nobody_approved_may_not() -> None:
    assert rule_of(book().use(ONE, now=1)) == "missing"


def test_an_approval_of_one_call_is_none_of_another() -> None:
    approved = book(RULE, "bob")
    assert rule_of(approved.use(OTHER, now=1)) == "missing"
    assert approved.use(ONE, now=1) is None


def test_it_is_used_up_and_cannot_be_given_again() -> None:
    approved = book(RULE, "bob")
    approved.use(ONE, now=1)
    assert rule_of(approved.use(ONE, now=2)) == "used"
    assert rule_of(approved.grant(ONE, requester="ann", approver="carl", now=3)) == "used"


@pytest.mark.parametrize(("now", "expected"), [(599, None), (600, "expired"), (-1, "expired")])
def test_it_holds_for_as_long_as_the_policy_says(now: float, expected: str | None) -> None:
    assert rule_of(book(RULE, "bob").use(ONE, now=now)) == expected


@pytest.mark.parametrize("approver", ["ann", "Ann", " ann "])
def test_nobody_approves_their_own_request(approver: str) -> None:
    assert rule_of(book().grant(ONE, requester="ann", approver=approver, now=0)) == "self_approval"


def test_two_approvals_are_two_people() -> None:
    rule = ApprovalRule(count=2)
    assert rule_of(book(rule, "bob", "Bob").use(ONE, now=1)) == "missing"
    assert book(rule, "bob", "carl").use(ONE, now=1) is None


@pytest.mark.parametrize("binding", ["", "billing.refund", "sha256:abc", ONE.upper()])
def test_an_approval_of_anything_but_one_exact_call_is_not_taken(binding: str) -> None:
    given = grant_of(binding, requester="ann", approver="bob", now=0, rule=RULE)
    assert rule_of(given) == "not_a_binding"
