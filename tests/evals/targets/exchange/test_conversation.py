"""The turns of one conversation become one attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from agent_runtime.records import Message
from evals.results.records import Attempt, ObservedCall, SampleStatus
from evals.suite.suite import EvalCase
from evals.targets.exchange.conversation import (
    Turn,
    conversation_attempt,
    conversation_problems,
    hold_conversation,
    values_of,
)
from evals.targets.exchange.reply import Reply, UnusableAnswer

CASE = EvalCase("s", "a", (Message("user", "hi"),), turns=("and now?",), file="suite.yaml", line=4)


def reply(output: str | None = "ok", **more: Any) -> Reply:
    return Reply(output=output, **more)


def held(*replies: Reply | Exception, seconds: float = 5) -> tuple[Attempt, list[Mapping[str, Any]]]:
    """The case held with an agent that answers so, and what it was asked; without answers, it is silent."""
    asked: list[Mapping[str, Any]] = []

    async def ask(values: Mapping[str, Any]) -> tuple[Reply, float]:
        asked.append({**values, "messages": list(values["messages"])})
        if len(asked) > len(replies):
            await asyncio.sleep(60)
        answer = replies[len(asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer, 10.0

    attempt = hold_conversation(
        CASE, {"seed": 1}, ask, timeout_seconds=seconds, clean=lambda text: text.replace("key", "…")
    )
    return asyncio.run(attempt), asked


def test_each_turn_sees_what_was_said_before() -> None:
    attempt, asked = held(reply("first"), reply("second"))
    assert [values["input"] for values in asked] == ["hi", "and now?"]
    assert [message["content"] for message in asked[1]["messages"]] == ["hi", "first", "and now?"]
    assert (attempt.output, attempt.latency_ms) == ("second", 20.0)


def test_an_agent_that_reports_an_error_broke_its_contract_and_is_not_asked_again() -> None:
    attempt, asked = held(reply(error="cannot"))
    assert (attempt.status, attempt.error, len(asked)) == (SampleStatus.CONTRACT_VIOLATION, "cannot", 1)


def test_a_silent_agent_was_too_slow() -> None:
    attempt, _ = held(seconds=0.01)
    assert (attempt.status, attempt.latency_ms) == (SampleStatus.AGENT_TIMEOUT, 10.0)


def test_broken_infrastructure_says_nothing_about_the_agent_and_no_secret() -> None:
    attempt, _ = held(UnusableAnswer("key refused", retryable=False, retry_after=3))
    assert attempt.status is SampleStatus.INFRA_ERROR
    assert (attempt.error, attempt.retryable, attempt.retry_after) == ("… refused", False, 3)


def turns(*replies: Reply) -> list[Turn]:
    return [Turn("hi", one, 1.0) for one in replies]


@pytest.mark.parametrize(("costs", "total"), [((0.1, 0.2), 0.1 + 0.2), ((0.1, None), None)])
def test_a_sum_is_unknown_if_a_part_is(costs: tuple[float | None, ...], total: float | None) -> None:
    assert conversation_attempt(turns(*(reply(cost_usd=cost) for cost in costs)), None).cost_usd == total


def test_calls_are_unknown_if_one_turn_reports_none() -> None:
    call = ObservedCall("t", {})
    assert conversation_attempt(turns(reply(tool_calls=(call,)), reply(tool_calls=())), None).tool_calls == (
        call,
    )
    assert conversation_attempt(turns(reply(tool_calls=(call,)), reply()), None).tool_calls is None


def test_the_agents_own_trace_is_better_than_ours() -> None:
    assert (
        conversation_attempt(turns(reply(trace_url="https://a.example")), "ours").trace_url
        == "https://a.example"
    )
    assert conversation_attempt(turns(reply()), "ours").trace_url == "ours"


def test_a_refused_call_is_marked_in_the_transcript() -> None:
    attempt = conversation_attempt(turns(reply(tool_calls=(ObservedCall("t", {}, executed=False),))), None)
    assert [event.flags for event in attempt.transcript if event.role == "tool"] == [("denied:target",)]


@pytest.mark.parametrize(
    ("names", "what"),
    [
        ({"messages"}, []),
        ({"input", "session_id"}, []),
        ({"input"}, ["case 'a' has turns, but the agent could not tell which belong together"]),
    ],
)
def test_turns_need_a_place_in_the_request(names: set[str], what: list[str]) -> None:
    problems = conversation_problems(frozenset(names), [CASE], lambda name: f"add {name}")
    assert [problem.what for problem in problems] == what


def test_the_same_run_has_the_same_trace_and_every_run_a_session_of_its_own() -> None:
    first, again, other = values_of(CASE, 0, 7), values_of(CASE, 0, 7), values_of(CASE, 1, 7)
    assert first["trace_id"] == again["trace_id"] != other["trace_id"]
    assert first["traceparent"].startswith(f"00-{first['trace_id']}-")
    assert first["session_id"] != again["session_id"]
