"""The person on the stage."""

from __future__ import annotations

import asyncio
from typing import Any

from agent_runtime.engine.steps.context import ApprovalRequest
from agent_runtime.guard.gate import approval_hash
from security_pack.sandbox.stand_ins.approver import Grant, SandboxApprover
from security_pack.scenario.worst_case import ScriptedCall
from tests.fakes.guarded_agents import agent_of

TEN = ScriptedCall("billing.refund", '{"amount": 10}')


def _asked(approver: SandboxApprover, step: int, **arguments: Any) -> bool:
    binding = approval_hash(agent_of(), "run", step, "billing.refund", arguments)
    request = ApprovalRequest("run", step, "billing.refund", arguments, shown="", binding=binding)
    return asyncio.run(approver(request))


def test_nobody_agrees_to_what_was_not_approved() -> None:
    approver = SandboxApprover(agent_of(), [])
    assert not _asked(approver, 3, amount=10)
    assert approver.asked == {3}


def test_an_approval_is_for_one_call() -> None:
    approver = SandboxApprover(agent_of(), [Grant(TEN)])
    assert [_asked(approver, step, amount=10) for step in (1, 2)] == [True, False]


def test_an_approval_is_for_these_arguments() -> None:
    assert not _asked(SandboxApprover(agent_of(), [Grant(TEN)]), 1, amount=9000)


def test_an_approval_is_for_this_run() -> None:
    assert not _asked(SandboxApprover(agent_of(), [Grant(TEN, of_this_run=False)]), 1, amount=10)
