"""Our own runtime under test: what an eval may touch, and how a run becomes an attempt."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent_runtime.agent.manifest import load_manifest
from agent_runtime.engine.loop import Stop
from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest
from agent_runtime.records import Message, Role, RunResult, RunStatus, Step, ToolCall, Usage
from agent_runtime.telemetry import SILENT
from evals.results.records import Attempt, SampleStatus
from evals.suite.suite import EvalCase
from evals.targets.runtime import STATUS_OF_STOP, RuntimeAgent, ThrottleObserver, attempt_of, unstubbed_tools
from tests.conftest import edit

REFUND = EvalCase(
    "s",
    "refund",
    (Message("user", "please refund $15 for order #123"),),
    approvals={"billing.refund": "grant"},
)


def attempts(starter: Path, case: EvalCase, seeds: range) -> list[Attempt]:
    async def ask() -> list[Attempt]:
        manifest = load_manifest(starter / "agent.yaml")
        async with RuntimeAgent(manifest, SILENT, {}) as target:
            return [await target.attempt(case, seed, seed) for seed in seeds]

    return asyncio.run(ask())


def test_an_attempt_says_what_was_answered_called_and_spent(starter: Path) -> None:
    done = next(a for a in attempts(starter, REFUND, range(10)) if a.status is SampleStatus.COMPLETED)
    assert done.tool_calls is not None
    assert [call.name for call in done.tool_calls] == ["kb.search", "billing.refund"]
    assert done.cost_usd is not None
    assert done.cost_usd > 0
    assert [event.role for event in done.transcript][-2:] == ["answer", "critic"]


def test_the_same_seed_is_the_same_attempt(starter: Path) -> None:
    assert attempts(starter, REFUND, range(5)) == attempts(starter, REFUND, range(5))


def test_what_a_case_does_not_grant_is_denied_and_shows_as_not_executed(starter: Path) -> None:
    ungranted = EvalCase("s", "refund", REFUND.messages)
    calls = [call for a in attempts(starter, ungranted, range(10)) for call in a.tool_calls or ()]
    assert {call.executed for call in calls if call.name == "billing.refund"} == {False}


def test_a_stub_of_the_case_answers_instead_of_the_tool(starter: Path) -> None:
    stubbed = EvalCase(
        "s", "r", REFUND.messages, approvals=REFUND.approvals, stubs={"kb.search": {"title": "from the stub"}}
    )
    said = [event.text for a in attempts(starter, stubbed, range(10)) for event in a.transcript]
    assert any("from the stub" in text for text in said)


def test_a_tool_that_could_change_the_world_is_named_if_nothing_stands_in(starter: Path) -> None:
    edit(starter / "agent.yaml", '      eval: { python: "tools/billing.py:refund_stub" }', "")
    manifest = load_manifest(starter / "agent.yaml")
    [problem] = unstubbed_tools(manifest, [REFUND])
    assert "tool 'billing.refund' may create" in problem.what
    assert "stubs:" in problem.fix


def test_a_case_that_stubs_every_such_tool_needs_no_eval(starter: Path) -> None:
    edit(starter / "agent.yaml", '      eval: { python: "tools/billing.py:refund_stub" }', "")
    manifest = load_manifest(starter / "agent.yaml")
    assert (
        unstubbed_tools(manifest, [EvalCase("s", "r", REFUND.messages, stubs={"billing.refund": {}})]) == []
    )


@pytest.mark.parametrize("stop", list(Stop))
def test_every_way_a_run_can_end_has_a_status(stop: Stop) -> None:
    assert attempt_of(RunResult("r", RunStatus.FAILED, stop, None)).status is STATUS_OF_STOP[stop]


def test_a_model_that_could_not_be_had_is_not_the_agents_failure() -> None:
    lost = Step("r", 0, Role.PLAN, ok=False, failure=Stop.MODEL_UNAVAILABLE, text="503 from the provider")
    attempt = attempt_of(RunResult("r", RunStatus.FAILED, Stop.MODEL_UNAVAILABLE, None, (lost,)))
    assert attempt.status is SampleStatus.INFRA_ERROR
    assert attempt.error == "model_unavailable: 503 from the provider"


def test_arguments_that_are_no_json_object_are_shown_as_none() -> None:
    call = ToolCall("c", "kb.search", "not json")
    refused = Step(
        "r", 1, Role.TOOL, tool="kb.search", call=call, ok=False, policy_flags=("denied:invalid_json",)
    )
    attempt = attempt_of(RunResult("r", RunStatus.SUCCEEDED, Stop.ANSWERED, "x", (refused,)))
    assert attempt.tool_calls is not None
    assert (attempt.tool_calls[0].arguments, attempt.tool_calls[0].executed) == ({}, False)


def test_tokens_and_latency_are_those_of_all_steps() -> None:
    steps = (
        Step("r", 0, Role.PLAN, usage=Usage(10, 5), latency_ms=100, cost_micros=20),
        Step("r", 1, Role.PLAN, usage=Usage(10, 5), latency_ms=50, cost_micros=20),
    )
    attempt = attempt_of(RunResult("r", RunStatus.SUCCEEDED, Stop.ANSWERED, "x", steps))
    assert (attempt.tokens, attempt.latency_ms, attempt.cost_usd) == (30, 150.0, 0.00004)


class Provider:
    """A model whose provider refuses first."""

    virtual_time = False

    async def complete(self, request: ModelRequest) -> ModelReply:
        raise ModelError("429", kind="rate_limited", retry_after=3)

    async def aclose(self) -> None:
        raise AssertionError("closed by one run")


def test_a_provider_that_says_too_many_is_remembered_even_if_a_retry_comes_through() -> None:
    watched = ThrottleObserver(Provider())

    async def ask() -> None:
        with pytest.raises(ModelError):
            await watched.complete(ModelRequest(model="m", messages=()))
        await watched.aclose()

    asyncio.run(ask())
    assert (watched.throttled, watched.retry_after) == (True, 3)
