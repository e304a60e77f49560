"""One agent run: plan → gate → tool → critic → retry, one recorded Step at a time.

`next_action` is a pure function of (manifest, task, steps so far), so a run can stop after any step and go on
elsewhere from its recorded steps alone: a step that is recorded is never executed again.
`runner.perform` does what was decided here and returns the next Step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent_runtime.agent.manifest import Manifest
from agent_runtime.records import Message, Role, RunStatus, Step, Task, ToolCall

MAX_RETRIES = 2
"""Second tries at an answer the critic refused; each moves up the temperature band."""
MAX_IDENTICAL_CALLS = 3
"""Times a run may make the very same tool call before it counts as a loop. Two may be a retry of its own. Chosen, as is
the number of retries."""


class Stop(StrEnum):
    """Why a run ended (or paused)."""

    ANSWERED = "answered"
    WAITING_APPROVAL = "waiting_approval"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    MAX_STEPS = "max_steps"
    IDENTICAL_CALLS = "identical_calls"
    CONTRACT = "contract"
    EMPTY_ANSWER = "empty_answer"
    CRITIC = "critic"
    SPEND_RUN = "spend_run"
    SPEND_DAY = "spend_day"
    MODEL_UNAVAILABLE = "model_unavailable"
    MODEL_REJECTED = "model_rejected"


STATUS: Mapping[Stop, RunStatus] = {
    Stop.ANSWERED: RunStatus.SUCCEEDED,
    Stop.WAITING_APPROVAL: RunStatus.WAITING_APPROVAL,
    Stop.CANCELLED: RunStatus.CANCELLED,
    Stop.TIMEOUT: RunStatus.TIMED_OUT,
    Stop.MAX_STEPS: RunStatus.FAILED,
    Stop.IDENTICAL_CALLS: RunStatus.FAILED,
    Stop.CONTRACT: RunStatus.CONTRACT_FAILED,
    Stop.EMPTY_ANSWER: RunStatus.CONTRACT_FAILED,
    Stop.CRITIC: RunStatus.FAILED,
    Stop.SPEND_RUN: RunStatus.OVER_BUDGET,
    Stop.SPEND_DAY: RunStatus.OVER_BUDGET,
    Stop.MODEL_UNAVAILABLE: RunStatus.FAILED,
    Stop.MODEL_REJECTED: RunStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Ask the model what to do next."""

    temperature: float


@dataclass(frozen=True, slots=True)
class UseTool:
    """Take a tool call the model asked for through the gate, and make it if it may be made."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Criticise:
    """Judge an answer."""

    answer: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Go back to the model with what was wrong."""

    feedback: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do."""

    stop: Stop
    output: str | None = None


Action = Plan | UseTool | Criticise | Retry | Finish


def next_action(manifest: Manifest, task: Task, steps: Sequence[Step]) -> Action:
    """What to do after `steps`. Pure: the same steps always give the same action."""
    if not steps:
        return Plan(manifest.spec.temperature[0])
    last = steps[-1]
    if last.failure in _ENDINGS:
        return Finish(Stop(last.failure), _answer(steps))
    # Time is what the steps say they took: a run that goes on elsewhere, or is simulated, has no clock of its own.
    if sum(step.latency_ms for step in steps) >= manifest.spec.timeout_seconds * 1000:
        return Finish(Stop.TIMEOUT, _answer(steps))
    # Calls go before text: a plan with both has not answered yet.
    if last.role is Role.PLAN and not last.calls:
        return Criticise(last.text)
    if last.role is Role.CRITIC:
        return _after_critic(manifest, task, steps)
    # One plan may ask for several tools; they are made in turn, each a step that can be resumed from.
    pending = _pending_call(steps)
    if pending is not None:
        return (
            UseTool(pending)
            if _times_made(pending, steps) < MAX_IDENTICAL_CALLS
            else Finish(Stop.IDENTICAL_CALLS)
        )
    return _plan(manifest, steps)


_ENDINGS = frozenset(
    {
        Stop.WAITING_APPROVAL,
        Stop.TIMEOUT,
        Stop.SPEND_RUN,
        Stop.SPEND_DAY,
        Stop.MODEL_UNAVAILABLE,
        Stop.MODEL_REJECTED,
    }
)
"""Failures of a step that end the run at once."""


def _after_critic(manifest: Manifest, task: Task, steps: Sequence[Step]) -> Action:
    last = steps[-1]
    if last.ok:
        # Each further turn of the user follows an accepted answer, so the accepted ones count the turns.
        answered = sum(1 for step in steps if step.role is Role.CRITIC and step.ok)
        return (
            _plan(manifest, steps) if answered <= len(task.turns) else Finish(Stop.ANSWERED, _answer(steps))
        )
    if _retries(steps) < MAX_RETRIES:
        return Retry(last.text)
    return Finish(Stop(last.failure or Stop.CRITIC), _answer(steps))


def _plan(manifest: Manifest, steps: Sequence[Step]) -> Action:
    if sum(1 for step in steps if step.role is Role.PLAN) >= manifest.spec.max_steps:
        return Finish(Stop.MAX_STEPS)
    low, high = manifest.spec.temperature
    # A refused answer at the same temperature is likely to come again; the band's top is reached by the last retry.
    return Plan(low + (high - low) * _retries(steps) / MAX_RETRIES)


def _retries(steps: Sequence[Step]) -> int:
    """Retries since the last answer that the critic accepted."""
    count = 0
    for step in steps:
        if step.role is Role.CRITIC and step.ok:
            count = 0
        count += step.role is Role.RETRY
    return count


def _pending_call(steps: Sequence[Step]) -> ToolCall | None:
    """The first call of the latest plan that has no tool step yet."""
    made = 0
    for step in reversed(steps):
        if step.role is Role.PLAN:
            return step.calls[made] if made < len(step.calls) else None
        made += step.role is Role.TOOL
    return None


def _times_made(call: ToolCall, steps: Sequence[Step]) -> int:
    return sum(
        1
        for step in steps
        if step.call is not None and (step.call.name, step.call.arguments) == (call.name, call.arguments)
    )


def _answer(steps: Sequence[Step]) -> str | None:
    return next(
        (step.text for step in reversed(steps) if step.role is Role.PLAN and not step.calls and step.ok), None
    )


def conversation(manifest: Manifest, task: Task, steps: Sequence[Step]) -> list[Message]:
    """What the model reads: the prompt, the task, and every step so far."""
    messages = [Message("system", manifest.prompt), *task.messages]
    turns = iter(task.turns)
    for step in steps:
        if step.role is Role.PLAN:
            messages.append(Message("assistant", step.text, tool_calls=step.calls))
        elif step.role is Role.TOOL and step.call is not None:
            messages.append(Message("tool", step.text, tool_call_id=step.call.id))
        elif step.role is Role.RETRY:
            messages.append(Message("user", step.text))
        elif step.ok and (turn := next(turns, None)) is not None:
            messages.append(Message("user", turn))
    return messages
