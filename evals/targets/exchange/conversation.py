"""One conversation with an agent that is not ours: turns in, an Attempt out, whatever carries them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from agent_runtime.errors import Problem
from agent_runtime.files.documents import canonical_json
from evals.results.records import Attempt, Event, SampleStatus
from evals.suite.suite import EvalCase
from evals.targets.exchange.reply import Reply, UnusableAnswer
from evals.targets.exchange.request import trace_of

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation and what came of it; latency until the last byte."""

    user_text: str
    reply: Reply
    latency_ms: float


Ask = Callable[[Mapping[str, Any]], Awaitable[tuple[Reply, float]]]
"""One turn: its values by name in, the reply and its latency in milliseconds out; raises UnusableAnswer."""


def values_of(case: EvalCase, sample_index: int, seed: int) -> dict[str, Any]:
    """The values that every turn of one run may use, by name; each turn adds `input` and `messages`."""
    trace_id, span_id = trace_of(seed, case.case_id, sample_index)
    return {
        "case_id": case.case_id,
        "sample_index": sample_index,
        "seed": seed,
        "stubs": dict(case.stubs),
        "trace_id": trace_id,
        # https://www.w3.org/TR/trace-context/#traceparent-header-field-values
        "traceparent": f"00-{trace_id}-{span_id}-01",
        "session_id": uuid.uuid4().hex,
    }


async def hold_conversation(
    case: EvalCase,
    values: Mapping[str, Any],
    ask: Ask,
    *,
    timeout_seconds: float,
    clean: Callable[[str], str],
    link: str | None = None,
) -> Attempt:
    """All turns of a case as one attempt; `timeout_seconds` bounds them together.

    Args:
        clean: takes secrets out of the error when the infrastructure failed.
        link: address of the trace, unless the agent names a better one.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            return conversation_attempt(await _converse(case, values, ask), link)
    except TimeoutError:
        what = f"no complete answer within {timeout_seconds:g} s"
        latency_ms = timeout_seconds * 1000
        return Attempt(SampleStatus.AGENT_TIMEOUT, latency_ms=latency_ms, error=what, trace_url=link)
    except UnusableAnswer as error:
        return unmeasured(error, clean, link)


def unmeasured(error: UnusableAnswer, clean: Callable[[str], str], link: str | None = None) -> Attempt:
    """The attempt for a turn without a usable answer: nothing was measured."""
    return Attempt(
        SampleStatus.INFRA_ERROR,
        error=clean(str(error)),
        retryable=error.retryable,
        retry_after=error.retry_after,
        throttled=error.throttled,
        trace_url=link,
    )


def conversation_attempt(turns: list[Turn], link: str | None) -> Attempt:
    """The turns of one conversation as one attempt.

    The output is that of the last turn; latency, tokens and cost are sums, unknown if one is unknown. An
    agent that reports an error broke its contract to answer: no grader may find that right.
    """
    last = turns[-1].reply
    observed = [turn.reply.tool_calls for turn in turns]
    return Attempt(
        SampleStatus.COMPLETED if last.error is None else SampleStatus.CONTRACT_VIOLATION,
        output=last.output,
        latency_ms=sum(turn.latency_ms for turn in turns),
        tokens=_total([turn.reply.tokens for turn in turns]),
        cost_usd=_total([turn.reply.cost_usd for turn in turns]),
        tool_calls=None if None in observed else tuple(call for calls in observed for call in calls or ()),
        transcript=tuple(event for turn in turns for event in _events(turn)),
        error=last.error,
        version=last.version,
        response_id=last.response_id,
        cached=any(turn.reply.cached for turn in turns),
        trace_url=last.trace_url or link,
    )


def conversation_problems(
    inputs: frozenset[str], cases: Sequence[EvalCase], fix_for: Callable[[str], str]
) -> list[Problem]:
    """Cases whose conversation does not reach an agent that gets only these `inputs`.

    Args:
        fix_for: how to give the agent one more of them, by its name.
    """
    if "messages" in inputs:
        return []
    problems = []
    for case in cases:
        if len(case.messages) > 1:
            what = f"case '{case.case_id}' is a conversation, which the request has no place for"
            problems.append(Problem(case.file, case.line, what, fix_for("messages")))
        elif case.turns and "session_id" not in inputs:
            what = f"case '{case.case_id}' has turns, but the agent could not tell which belong together"
            problems.append(
                Problem(case.file, case.line, what, f"{fix_for('messages')}, or {fix_for('session_id')}")
            )
    return problems


async def _converse(case: EvalCase, values: Mapping[str, Any], ask: Ask) -> list[Turn]:
    messages = [{"role": message.role, "content": message.content} for message in case.messages]
    turns: list[Turn] = []
    for following in (None, *case.turns):
        if following is not None:
            messages.append({"role": "user", "content": following})
        user_text = messages[-1]["content"]
        reply, latency_ms = await ask({**values, "input": user_text, "messages": messages})
        turns.append(Turn(user_text, reply, latency_ms))
        if reply.error is not None:
            break
        messages.append({"role": "assistant", "content": reply.output or ""})
    return turns


def _events(turn: Turn) -> list[Event]:
    reply = turn.reply
    tools = [
        Event(
            "tool",
            "",
            tool=call.name,
            arguments=canonical_json(call.arguments),
            flags=() if call.executed else ("denied:target",),
        )
        for call in reply.tool_calls or ()
    ]
    answer = Event(
        "answer",
        reply.error or reply.output or "",
        flags=("error",) if reply.error is not None else (),
        latency_ms=turn.latency_ms,
        cost_usd=reply.cost_usd,
        tokens=reply.tokens,
    )
    return [Event("user", turn.user_text), *tools, answer]


def _total(amounts: Sequence[Number | None]) -> Number | None:
    """The sum; None if one of them is unknown."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None
