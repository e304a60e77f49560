"""A run from its first plan to its end, with a scripted crew."""

from __future__ import annotations

import asyncio

import pytest

from agent_runtime.engine.loop import Stop
from agent_runtime.engine.runner import run_agent
from agent_runtime.engine.steps.context import Deps
from agent_runtime.models.interface import ModelReply, ModelRequest
from agent_runtime.records import Role, RunStatus, Step
from tests.agent_runtime.engine.scripted import (
    CONTRACT,
    Person,
    RecordingTool,
    ScriptedModel,
    calls,
    crew_of,
    finish,
    manifest_of,
    says,
    task_of,
)

REFUND = calls("billing.refund", '{"amount": 15}')


def test_a_run_plans_uses_a_tool_and_answers() -> None:
    result = finish(crew_of(calls("kb.search", '{"query": "vpn"}'), says("all good")))
    assert (result.status, result.output) == (RunStatus.SUCCEEDED, "all good")
    assert [step.role for step in result.steps] == [Role.PLAN, Role.TOOL, Role.PLAN, Role.CRITIC]


def test_tokens_cost_and_time_add_up_over_the_steps() -> None:
    result = finish(crew_of(calls("kb.search", '{"query": "vpn"}'), says("done")))
    assert (result.usage.total, result.cost_micros, result.latency_ms) == (30, 40, 200.0)


def test_a_run_pauses_while_nobody_has_answered() -> None:
    result = finish(crew_of(REFUND, approver=Person(None)))
    assert (result.status, result.stop) == (RunStatus.WAITING_APPROVAL, Stop.WAITING_APPROVAL)


def test_an_answer_that_breaks_the_contract_is_repaired_by_the_critics_feedback() -> None:
    deps = crew_of(says("fifteen"), says('{"amount": 15}'))
    result = finish(deps, manifest_of(contract=CONTRACT))
    assert (result.status, result.output) == (RunStatus.SUCCEEDED, '{"amount": 15}')
    assert [step.role for step in result.steps].count(Role.RETRY) == 1


def test_an_answer_that_never_keeps_the_contract_ends_as_contract_failed() -> None:
    result = finish(crew_of(*[says("fifteen")] * 3), manifest_of(contract=CONTRACT))
    assert (result.status, result.stop) == (RunStatus.CONTRACT_FAILED, Stop.CONTRACT)


def test_an_empty_answer_is_not_an_answer() -> None:
    assert finish(crew_of(*[says("  ")] * 3)).stop == Stop.EMPTY_ANSWER


def test_cancelling_abandons_the_step_under_way() -> None:
    class Endless(ScriptedModel):
        async def complete(self, request: ModelRequest) -> ModelReply:
            cancel.set()
            await asyncio.sleep(60)
            return says("never")

    cancel = asyncio.Event()
    deps = crew_of()
    endless = Deps(Endless(()), deps.price, deps.tools, deps.ledger, deps.approver, deps.telemetry)
    result = asyncio.run(run_agent(manifest_of(), task_of(), endless, cancel=cancel))
    assert (result.status, result.steps) == (RunStatus.CANCELLED, ())


def test_after_a_cancelling_no_further_step_begins() -> None:
    cancel, search = asyncio.Event(), RecordingTool()
    deps = crew_of(calls("kb.search", '{"query": "vpn"}'), says("done"), search=search)
    result = asyncio.run(
        run_agent(manifest_of(), task_of(), deps, record=lambda step: cancel.set(), cancel=cancel)
    )
    assert (result.status, len(result.steps)) == (RunStatus.CANCELLED, 1)
    assert search.made == []


def test_each_step_is_recorded_before_the_next_begins() -> None:
    recorded: list[Step] = []
    deps = crew_of(calls("kb.search", '{"query": "vpn"}'), says("done"))
    result = asyncio.run(run_agent(manifest_of(), task_of(), deps, record=recorded.append))
    assert tuple(recorded) == result.steps
    assert [step.index for step in recorded] == [0, 1, 2, 3]


@pytest.mark.parametrize("cut", range(4))
def test_a_run_goes_on_from_its_recorded_steps_without_repeating_any(cut: int) -> None:
    script = [calls("kb.search", '{"query": "vpn"}'), says("done")]
    whole = finish(crew_of(*script))
    plans_done = sum(step.role is Role.PLAN for step in whole.steps[:cut])
    rest = crew_of(*script[plans_done:])
    resumed = asyncio.run(run_agent(manifest_of(), task_of(), rest, steps=whole.steps[:cut]))
    assert resumed == whole
