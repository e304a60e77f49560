"""Take a tool call through the gate, ask for approval where it is due, and make it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import replace

from agent_runtime.agent.manifest import Manifest
from agent_runtime.engine.loop import Stop
from agent_runtime.engine.steps.context import ApprovalRequest, StepContext
from agent_runtime.guard.gate import approval_hash, arguments_for_approval, decide
from agent_runtime.guard.redact import Redactor
from agent_runtime.records import Decision, Outcome, Role, Step, ToolCall
from agent_runtime.telemetry import semconv
from agent_runtime.tools.interface import ToolResult


async def use_tool(call: ToolCall, context: StepContext) -> Step:
    """Gate → approval → execution: approval sits after the choice of a tool and before it is used."""
    name = _recordable(call.name, context.manifest)
    attributes = semconv.tool_call(tool=name, call_id=call.id, step=len(context.steps))
    with context.deps.telemetry.span(semconv.TOOL_CALL, **attributes) as span:
        decision = decide(context.manifest, call, context.sources)
        span.set(**semconv.decision(outcome=decision.outcome, rule=decision.rule))
        step = await _gate_decision(
            decision, replace(context.blank(Role.TOOL, span.span_id), tool=name, call=call), context
        )
        if not step.ok:
            span.fail(step.failure or "tool_error")
    return step


def _recordable(name: str, manifest: Manifest) -> str:
    """A tool's name as rows and spans may hold it: one that the model made up can be anybody's address."""
    if manifest.spec.tool(name) is not None:
        return name
    return Redactor(manifest.policy.pii_redaction).redact(name)


async def _gate_decision(decision: Decision, blank: Step, context: StepContext) -> Step:
    if decision.outcome is Outcome.DENY:
        return _denied(blank, decision.rule, decision.reason)
    if decision.outcome is Outcome.ASK:
        request = _approval_request(decision, blank, context)
        answer = await context.deps.approver(request)
        return await _after_approval(answer, request, blank, context)
    return await _execute(decision, blank, context)


def _approval_request(decision: Decision, step: Step, context: StepContext) -> ApprovalRequest:
    tool = step.call.name if step.call else ""
    return ApprovalRequest(
        run_id=step.run_id,
        step=step.index,
        tool=tool,
        arguments=decision.arguments,
        shown=arguments_for_approval(decision.arguments),
        binding=approval_hash(context.manifest, step.run_id, step.index, tool, decision.arguments),
        reason=decision.reason,
    )


async def _after_approval(
    answer: bool | None, request: ApprovalRequest, blank: Step, context: StepContext
) -> Step:
    if answer is None:
        return replace(blank, ok=False, failure=Stop.WAITING_APPROVAL, policy_flags=("approval:pending",))
    if not answer:
        return _denied(blank, "approval_denied", "a person declined this call; do not repeat it")
    decision = _decision_after_wait(blank, context)
    if (
        decision.outcome is not Outcome.ASK
        or _approval_request(decision, blank, context).binding != request.binding
    ):
        return _denied(blank, "approval_void", "the call is no longer the one that was approved")
    return await _execute(decision, replace(blank, policy_flags=("approval:granted",)), context)


def _decision_after_wait(step: Step, context: StepContext) -> Decision:
    """The gate's word after a wait, from the text the model wrote: whoever was asked held the parsed form."""
    if step.call is None:
        raise TypeError("a tool step without a call")
    return decide(context.manifest, step.call, context.sources)


def _denied(blank: Step, rule: str, reason: str) -> Step:
    return replace(
        blank, ok=False, failure=rule, policy_flags=(f"denied:{rule}",), text=f"Refused ({rule}): {reason}"
    )


async def _execute(decision: Decision, blank: Step, context: StepContext) -> Step:
    tool = context.deps.tools.get(blank.tool or "")
    if tool is None:
        return _denied(blank, "not_available", "this tool has no implementation here")
    began = time.monotonic()
    try:
        async with asyncio.timeout(context.seconds_left):
            result = await tool.call(decision.arguments, idempotency_key=_idempotency_key(decision, blank))
    except TimeoutError:
        waited = max((time.monotonic() - began) * 1000, context.seconds_left * 1000)
        return replace(
            blank, ok=False, failure=Stop.TIMEOUT, text="The tool did not answer in time.", latency_ms=waited
        )
    attributes = semconv.tool_result(tool=blank.tool or "", ok=result.ok, step=blank.index)
    with context.deps.telemetry.span(semconv.TOOL_RESULT, **attributes):
        return _with_result(blank, result, virtual_time=context.deps.model.virtual_time)


def _with_result(blank: Step, result: ToolResult, *, virtual_time: bool) -> Step:
    """The step, done. Beside a simulated model a tool takes no time, so that a run repeats to the byte."""
    failure = None if result.ok else "tool_error"
    latency_ms = 0.0 if virtual_time else result.latency_ms
    return replace(blank, ok=result.ok, failure=failure, text=result.text, latency_ms=latency_ms)


def _idempotency_key(decision: Decision, step: Step) -> str:
    """The same for every attempt at this step, so that a repeat after a crash is recognised."""
    return hashlib.sha256(f"{step.run_id}:{step.index}:{step.tool}".encode()).hexdigest()[:32]
