"""One call of the model: what it is asked, and what becomes of its answer."""

from __future__ import annotations

import asyncio

import pytest

from agent_runtime.engine.loop import Plan, Stop
from agent_runtime.engine.steps.context import StepContext
from agent_runtime.engine.steps.plan import make_plan
from agent_runtime.guard.budget import MemoryLedger
from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest
from agent_runtime.records import Role, RunStatus, Step
from tests.agent_runtime.engine.scripted import (
    SEARCH,
    ScriptedModel,
    before,
    calls,
    crew_of,
    finish,
    manifest_of,
    says,
)


def planned(context: StepContext) -> Step:
    return asyncio.run(make_plan(Plan(0.2), context))


def asked_of(context: StepContext) -> ModelRequest:
    """What the model was asked."""
    planned(context)
    assert isinstance(context.deps.model, ScriptedModel)
    return context.deps.model.asked[0]


def test_the_model_is_asked_by_its_own_name_with_what_the_agent_sets() -> None:
    asked = asked_of(before(deps=crew_of(says("done")), max_output_tokens=500))
    assert (asked.model, asked.temperature, asked.max_output_tokens) == ("gpt-4.1-mini", 0.2, 500)


def test_the_model_has_as_long_as_is_left_of_the_run() -> None:
    slow = Step("run-1", 0, Role.PLAN, calls=(), latency_ms=4_000)
    assert asked_of(before(slow, deps=crew_of(says("done")), timeout_seconds=10)).timeout_seconds == 6


def test_an_answer_is_a_step_with_its_words_and_its_price() -> None:
    step = planned(before(deps=crew_of(says("done"))))
    assert (step.role, step.ok, step.text) == (Role.PLAN, True, "done")
    assert (step.usage.total, step.cost_micros, step.latency_ms) == (15, 20, 100)


@pytest.mark.parametrize(
    ("ledger", "stop"),
    [
        (MemoryLedger(per_run_micros=10), Stop.SPEND_RUN),
        (MemoryLedger(per_day_micros=10), Stop.SPEND_DAY),
    ],
)
def test_the_cap_that_was_reached_is_named(ledger: MemoryLedger, stop: Stop) -> None:
    step = planned(before(deps=crew_of(says("done"), ledger=ledger)))
    assert (step.ok, step.failure, step.cost_micros) == (False, stop, 0)


@pytest.mark.parametrize(
    ("error", "stop"),
    [
        (ModelError("503", retry_after=0), Stop.MODEL_UNAVAILABLE),
        (ModelError("no such model", retryable=False), Stop.MODEL_REJECTED),
        (ModelError("no such model", retryable=False, latency_ms=30_000), Stop.TIMEOUT),
    ],
)
def test_a_model_without_an_answer_is_told_from_an_agent_out_of_time(error: ModelError, stop: Stop) -> None:
    step = planned(before(deps=crew_of(*[error] * 3), timeout_seconds=30))
    assert (step.ok, step.failure) == (False, stop)
    assert str(error) in step.text


def test_the_model_is_offered_the_arguments_that_the_gate_holds_it_to() -> None:
    deps = crew_of(says("done"))
    finish(deps)
    assert isinstance(deps.model, ScriptedModel)
    [search, _] = deps.model.asked[0].tools
    assert search.arguments == {**SEARCH["arguments"], "additionalProperties": False}


def test_nothing_is_sent_when_the_worst_case_would_pass_the_cap() -> None:
    deps = crew_of(says("done"), ledger=MemoryLedger(per_run_micros=10))
    result = finish(deps)
    assert (result.status, result.stop) == (RunStatus.OVER_BUDGET, Stop.SPEND_RUN)
    assert isinstance(deps.model, ScriptedModel)
    assert deps.model.asked == []


def test_a_rate_limited_call_is_repeated_and_its_wait_counts_as_time() -> None:
    deps = crew_of(ModelError("slow down", retry_after=2, latency_ms=50, kind="rate_limited"), says("done"))
    result = finish(deps)
    assert (result.status, result.steps[0].retry_count) == (RunStatus.SUCCEEDED, 1)
    assert result.latency_ms > 2000


def test_a_model_that_stays_away_is_not_the_agents_failure() -> None:
    result = finish(crew_of(*[ModelError("503")] * 3))
    assert (result.status, result.stop) == (RunStatus.FAILED, Stop.MODEL_UNAVAILABLE)


def test_a_model_that_uses_up_the_agents_time_is_a_timeout() -> None:
    hangs = ModelError("no answer", latency_ms=60_000, kind="timeout")
    assert finish(crew_of(hangs), manifest_of(timeout_seconds=30)).stop == Stop.TIMEOUT


def test_a_call_with_an_unknown_outcome_stays_charged_at_its_worst_case() -> None:
    hangs = ModelError("no answer", latency_ms=60_000, kind="timeout")
    result = finish(crew_of(hangs), manifest_of(timeout_seconds=30, max_output_tokens=500))
    assert result.cost_micros >= 1000


def test_a_flood_of_tool_calls_in_one_answer_is_cut() -> None:
    one = calls("kb.search", '{"query": "vpn"}').tool_calls[0]
    flood = ModelReply("", (one,) * 500, says("").usage, 1)
    assert len(finish(crew_of(flood)).steps[0].calls) == 16
