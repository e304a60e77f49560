"""Do what the loop decided: ask the model, take calls through the gate, judge answers; record each as a Step."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from agent_runtime.documents import strict_json
from agent_runtime.guard.budget import Ledger, OverBudget, Price
from agent_runtime.guard.contract import check_contract
from agent_runtime.guard.gate import decide, shown_arguments
from agent_runtime.guard.redact import Redactor
from agent_runtime.loop import (
    STATUS,
    Action,
    Criticise,
    Finish,
    Plan,
    Retry,
    Stop,
    UseTool,
    conversation,
    next_action,
)
from agent_runtime.manifest import Manifest
from agent_runtime.models.interface import Model, ModelError, ModelReply, ModelRequest, ToolOffer
from agent_runtime.models.metered import Metered
from agent_runtime.models.retrying import complete_with_retries
from agent_runtime.records import (
    MICROS,
    Decision,
    Message,
    Outcome,
    Role,
    RunResult,
    RunStatus,
    Step,
    Task,
    ToolCall,
)
from agent_runtime.telemetry import semconv
from agent_runtime.telemetry.interface import Span, Telemetry
from agent_runtime.tools.interface import Tool, ToolResult

MAX_CALLS_PER_PLAN = 16
"""Tool calls taken from one model answer; a flood of them is cut, so that max_steps stays a bound."""

CRITIC_PROMPT = (
    "You review the last answer of an assistant. Reply with JSON only: "
    '{"ok": true} if it does what the user asked and the tool results support it, '
    'else {"ok": false, "feedback": "what to correct, in one sentence"}.'
)


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A call that needs a person's word. `shown` is its arguments, canonical, control characters escaped."""

    run_id: str
    step: int
    tool: str
    arguments: Mapping[str, Any]
    shown: str


class Approver(Protocol):
    """Answers approval requests: True granted, False denied, None not yet (the run pauses)."""

    async def __call__(self, request: ApprovalRequest) -> bool | None:
        """Decide about this call, and about no other."""
        ...


@dataclass(frozen=True, slots=True)
class Crew:
    """Everything a run works with, wired once by whoever starts it."""

    model: Model
    price: Price
    tools: Mapping[str, Tool]
    ledger: Ledger
    approver: Approver
    telemetry: Telemetry
    critic: Model | None = None
    critic_price: Price | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a step happens: what runs, what was done so far, and who works on it."""

    manifest: Manifest
    task: Task
    steps: Sequence[Step]
    crew: Crew

    def blank(self, role: Role, span_id: str | None) -> Step:
        """The next step, still empty."""
        return Step(self.task.run_id, len(self.steps), role, span_id=span_id)

    @property
    def seconds_left(self) -> float:
        """What is left of the run's wall clock; at least a millisecond, since the loop checks it first."""
        spent = sum(step.latency_ms for step in self.steps) / 1000
        return max(self.manifest.spec.timeout_seconds - spent, 0.001)


async def run_agent(
    manifest: Manifest,
    task: Task,
    crew: Crew,
    *,
    record: Callable[[Step], None] = lambda step: None,
    steps: Sequence[Step] = (),
    cancel: asyncio.Event | None = None,
) -> RunResult:
    """Run to the end in memory, going on from `steps`.

    Args:
        record: called with each new step before the next one begins.
        cancel: set it to stop; the step under way is abandoned and the run ends as cancelled.
    """
    done = list(steps)
    with crew.telemetry.span(semconv.RUN, **_run_attributes(manifest, task)) as span:
        while not isinstance(action := next_action(manifest, task, done), Finish):
            step = await _unless_cancelled(perform(action, Scene(manifest, task, done, crew)), cancel)
            if step is None:
                action = Finish(Stop.CANCELLED)
                break
            done.append(step)
            record(step)
        result = RunResult(task.run_id, STATUS[action.stop], action.stop, action.output, tuple(done))
        _close(span, result)
    _count(manifest, result, crew.telemetry)
    return result


def _run_attributes(manifest: Manifest, task: Task) -> semconv.Attributes:
    return semconv.run(
        run_id=task.run_id,
        agent=manifest.spec.name,
        model=manifest.spec.model,
        fingerprint=manifest.fingerprint,
        simulated=manifest.spec.simulated,
    )


def _close(span: Span, result: RunResult) -> None:
    span.set(**semconv.run_end(status=result.status, stop=result.stop, cost_micros=result.cost_micros))
    if result.status is not RunStatus.SUCCEEDED:
        span.fail(result.stop)


def _count(manifest: Manifest, result: RunResult, telemetry: Telemetry) -> None:
    telemetry.run_finished(
        agent=manifest.spec.name,
        model=manifest.spec.model,
        status=result.status,
        success=result.status is RunStatus.SUCCEEDED,
        latency_seconds=result.latency_ms / 1000,
        usage=result.usage,
        cost_usd=result.cost_micros / MICROS,
        simulated=manifest.spec.simulated,
    )


async def _unless_cancelled(work: Awaitable[Step], cancel: asyncio.Event | None) -> Step | None:
    if cancel is None:
        return await work
    doing = asyncio.ensure_future(work)
    asked = asyncio.ensure_future(cancel.wait())
    try:
        await asyncio.wait({doing, asked}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        asked.cancel()
        doing.cancel()
        await asyncio.gather(asked, doing, return_exceptions=True)


async def perform(action: Action, scene: Scene) -> Step:
    """Do what was decided, once, and say what came of it."""
    if isinstance(action, Plan):
        return await _plan(action, scene)
    if isinstance(action, UseTool):
        return await _use_tool(action.call, scene)
    if isinstance(action, Criticise):
        return await _criticise(action.answer, scene)
    if isinstance(action, Finish):
        raise TypeError("a finished run has nothing left to perform")
    return _retry(action, scene)


async def _plan(action: Plan, scene: Scene) -> Step:
    spec = scene.manifest.spec
    request = ModelRequest(
        model=spec.model.partition(":")[2],
        messages=conversation(scene.manifest, scene.task, scene.steps),
        tools=_offers(scene.manifest),
        temperature=action.temperature,
        max_output_tokens=spec.max_output_tokens,
        seed=scene.task.seed,
        timeout_seconds=scene.seconds_left,
    )
    attributes = semconv.plan(spec.model, request, step=len(scene.steps))
    with scene.crew.telemetry.span(semconv.PLAN, **attributes) as span:
        blank = scene.blank(Role.PLAN, span.span_id)
        return await _ask(scene.crew.model, scene.crew.price, request, blank, scene, span)


def _offers(manifest: Manifest) -> tuple[ToolOffer, ...]:
    nothing: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    return tuple(
        ToolOffer(tool.name, tool.description, tool.arguments or nothing) for tool in manifest.spec.tools
    )


async def _ask(
    model: Model, price: Price, request: ModelRequest, blank: Step, scene: Scene, span: Span
) -> Step:
    """Fill `blank` with the model's answer, or with why there is none."""
    metered = Metered(model, price, scene.crew.ledger, blank.run_id)
    try:
        answer = await complete_with_retries(metered, request)
    except OverBudget as error:
        stop = Stop.SPEND_RUN if error.scope == "run" else Stop.SPEND_DAY
        return _failed(blank, stop, str(error), span, cost_micros=metered.spent_micros)
    except ModelError as error:
        step = replace(blank, latency_ms=error.latency_ms, cost_micros=metered.spent_micros)
        return _failed(step, _stop_of(error, request), str(error), span)
    span.set(**semconv.reply(answer.reply, cost_micros=metered.spent_micros))
    _show_content(request, answer.reply, scene, span)
    return replace(
        blank,
        text=answer.reply.text,
        calls=answer.reply.tool_calls[:MAX_CALLS_PER_PLAN],
        usage=answer.reply.usage,
        latency_ms=answer.latency_ms,
        retry_count=answer.retries,
        cost_micros=metered.spent_micros,
    )


def _failed(step: Step, stop: Stop, reason: str, span: Span, *, cost_micros: int | None = None) -> Step:
    span.fail(stop)
    cost = step.cost_micros if cost_micros is None else cost_micros
    return replace(step, ok=False, failure=stop, text=reason, cost_micros=cost)


def _show_content(request: ModelRequest, reply: ModelReply, scene: Scene, span: Span) -> None:
    """Messages in spans, redacted, and only where the operator asked for them."""
    if not scene.crew.telemetry.content_allowed:
        return
    clean = Redactor(scene.manifest.policy.pii_redaction).redact
    asked = json.dumps([{"role": said.role, "content": said.content} for said in request.messages])
    span.set(**{semconv.INPUT_MESSAGES: clean(asked), semconv.OUTPUT_MESSAGES: clean(reply.text)})


def _stop_of(error: ModelError, request: ModelRequest) -> Stop:
    """Out of time is the agent's failure; a model that could not be had is the infrastructure's."""
    if error.latency_ms >= request.timeout_seconds * 1000:
        return Stop.TIMEOUT
    return Stop.MODEL_UNAVAILABLE if error.retryable else Stop.MODEL_REJECTED


async def _use_tool(call: ToolCall, scene: Scene) -> Step:
    """Gate → approval → execution: approval sits after the choice of a tool and before it is used."""
    attributes = semconv.tool_call(tool=call.name, call_id=call.id, step=len(scene.steps))
    with scene.crew.telemetry.span(semconv.TOOL_CALL, **attributes) as span:
        decision = decide(scene.manifest, call)
        span.set(**semconv.decision(outcome=decision.outcome, rule=decision.rule))
        step = await _decided(
            decision, replace(scene.blank(Role.TOOL, span.span_id), tool=call.name, call=call), scene
        )
        if not step.ok:
            span.fail(step.failure or "tool_error")
    return step


async def _decided(decision: Decision, blank: Step, scene: Scene) -> Step:
    if decision.outcome is Outcome.DENY:
        return _denied(blank, decision.rule, decision.reason)
    if decision.outcome is Outcome.ASK:
        answer = await scene.crew.approver(_approval_request(decision, blank))
        return await _after_approval(answer, decision, blank, scene)
    return await _execute(decision, blank, scene)


def _approval_request(decision: Decision, step: Step) -> ApprovalRequest:
    return ApprovalRequest(
        run_id=step.run_id,
        step=step.index,
        tool=step.tool or "",
        arguments=decision.arguments,
        shown=shown_arguments(decision.arguments),
    )


async def _after_approval(answer: bool | None, decision: Decision, blank: Step, scene: Scene) -> Step:
    if answer is None:
        return replace(blank, ok=False, failure=Stop.WAITING_APPROVAL, policy_flags=("approval:pending",))
    if not answer:
        return _denied(blank, "approval_denied", "a person declined this call; do not repeat it")
    return await _execute(decision, replace(blank, policy_flags=("approval:granted",)), scene)


def _denied(blank: Step, rule: str, reason: str) -> Step:
    return replace(
        blank, ok=False, failure=rule, policy_flags=(f"denied:{rule}",), text=f"Refused ({rule}): {reason}"
    )


async def _execute(decision: Decision, blank: Step, scene: Scene) -> Step:
    tool = scene.crew.tools.get(blank.tool or "")
    if tool is None:
        return _denied(blank, "not_available", "this tool has no implementation here")
    began = time.monotonic()
    try:
        async with asyncio.timeout(scene.seconds_left):
            result = await tool.call(decision.arguments, idempotency_key=_idempotency_key(decision, blank))
    except TimeoutError:
        waited = max((time.monotonic() - began) * 1000, scene.seconds_left * 1000)
        return replace(
            blank, ok=False, failure=Stop.TIMEOUT, text="The tool did not answer in time.", latency_ms=waited
        )
    attributes = semconv.tool_result(tool=blank.tool or "", ok=result.ok, step=blank.index)
    with scene.crew.telemetry.span(semconv.TOOL_RESULT, **attributes):
        return _with_result(blank, result)


def _with_result(blank: Step, result: ToolResult) -> Step:
    failure = None if result.ok else "tool_error"
    return replace(blank, ok=result.ok, failure=failure, text=result.text, latency_ms=result.latency_ms)


def _idempotency_key(decision: Decision, step: Step) -> str:
    """The same for every attempt at this step, so that a repeat after a crash is recognised."""
    return hashlib.sha256(f"{step.run_id}:{step.index}:{step.tool}".encode()).hexdigest()[:32]


def _retry(action: Retry, scene: Scene) -> Step:
    flags = scene.steps[-1].policy_flags
    number = 1 + sum(1 for step in scene.steps if step.role is Role.RETRY)
    attributes = semconv.retry(number=number, flags=flags, step=len(scene.steps))
    with scene.crew.telemetry.span(semconv.RETRY, **attributes) as span:
        return replace(scene.blank(Role.RETRY, span.span_id), text=action.feedback)


async def _criticise(answer: str, scene: Scene) -> Step:
    with scene.crew.telemetry.span(semconv.CRITIC, **semconv.step_index(len(scene.steps))) as span:
        step = _checked(answer, scene.blank(Role.CRITIC, span.span_id), scene)
        if step.ok and scene.crew.critic is not None:
            step = await _reviewed(step, scene, scene.crew.critic, span)
        if not step.ok:
            span.fail(step.failure or Stop.CRITIC)
    return step


def _checked(answer: str, blank: Step, scene: Scene) -> Step:
    """The deterministic critic: an answer must be there, follow no unrepaired tool error, and keep the contract."""
    if not answer.strip():
        return _refused(blank, Stop.EMPTY_ANSWER, "Your answer was empty. Answer the request.")
    if (broken := _unrepaired_tool(scene.steps)) is not None:
        feedback = f"{broken.tool} failed: {broken.text}\nCorrect the call, or say in your answer what could not be done."
        return _refused(blank, Stop.CRITIC, feedback)
    if _is_last_turn(scene):
        check = check_contract(scene.manifest.contract, answer)
        if not check.ok:
            problems = "\n".join(f"- {problem}" for problem in check.problems)
            feedback = f"Your answer breaks the output contract:\n{problems}\nAnswer again, with the corrected JSON only."
            return _refused(blank, Stop.CONTRACT, feedback)
    return blank


def _refused(blank: Step, stop: Stop, feedback: str) -> Step:
    return replace(blank, ok=False, failure=stop, policy_flags=(f"critic:{stop}",), text=feedback)


def _unrepaired_tool(steps: Sequence[Step]) -> Step | None:
    """A tool that failed just before the answer, unless the model was already told to repair it."""
    for step in reversed(steps):
        if step.role is Role.RETRY:
            return None
        if step.role is Role.TOOL:
            return step if step.failure == "tool_error" else None
    return None


def _is_last_turn(scene: Scene) -> bool:
    answered = sum(1 for step in scene.steps if step.role is Role.CRITIC and step.ok)
    return answered >= len(scene.task.turns)


async def _reviewed(blank: Step, scene: Scene, critic: Model, span: Span) -> Step:
    """The opt-in second model, read strictly: an unreadable review neither accepts nor blocks, and is noted."""
    name = scene.manifest.spec.critic.model or ""
    request = ModelRequest(
        model=name.partition(":")[2],
        messages=(*conversation(scene.manifest, scene.task, scene.steps), Message("user", CRITIC_PROMPT)),
        seed=scene.task.seed,
        timeout_seconds=scene.seconds_left,
    )
    span.set(**semconv.critic(name, request, step=blank.index))
    step = await _ask(critic, scene.crew.critic_price or scene.crew.price, request, blank, scene, span)
    if step.failure:
        return step
    review = _read_review(step.text)
    if review is None:
        return replace(step, text="", policy_flags=("critic:unreadable",))
    ok, feedback = review
    return replace(step, text="") if ok else _refused(step, Stop.CRITIC, feedback)


def _read_review(text: str) -> tuple[bool, str] | None:
    try:
        review = strict_json(text)
    except ValueError:
        return None
    if not isinstance(review, dict) or not isinstance(review.get("ok"), bool):
        return None
    return review["ok"], str(review.get("feedback", "The reviewer was not satisfied."))[:2000]
