"""Ask the model what to do next, within what is left of money and time."""

from __future__ import annotations

import json
from dataclasses import replace

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Price
from agent_runtime.engine.loop import Plan, Stop, conversation
from agent_runtime.engine.steps.context import StepContext
from agent_runtime.guard.budget import OverBudget
from agent_runtime.guard.gate import argument_schema
from agent_runtime.guard.redact import Redactor
from agent_runtime.models.interface import Model, ModelError, ModelReply, ModelRequest, ToolOffer
from agent_runtime.models.metered import Metered
from agent_runtime.models.retrying import complete_with_retries
from agent_runtime.records import Role, Step
from agent_runtime.telemetry import semconv
from agent_runtime.telemetry.interface import Span

MAX_CALLS_PER_PLAN = 16
"""Tool calls taken from one model answer; a flood of them is cut, so that max_steps stays a bound."""


async def make_plan(action: Plan, context: StepContext) -> Step:
    """One model call: an answer, tool calls, or why there is neither."""
    spec = context.manifest.spec
    request = ModelRequest(
        model=spec.model.partition(":")[2],
        messages=conversation(context.manifest, context.task, context.steps),
        tools=_offers(context.manifest),
        temperature=action.temperature,
        max_output_tokens=spec.max_output_tokens,
        seed=context.task.seed,
        timeout_seconds=context.seconds_left,
    )
    attributes = semconv.plan(spec.model, request, step=len(context.steps))
    with context.deps.telemetry.span(semconv.PLAN, **attributes) as span:
        blank = context.blank(Role.PLAN, span.span_id)
        return await ask(context.deps.model, context.deps.price, request, blank, context, span)


def _offers(manifest: Manifest) -> tuple[ToolOffer, ...]:
    """The tools, with the arguments the gate will hold a call to."""
    return tuple(
        ToolOffer(tool.name, tool.description, argument_schema(tool)) for tool in manifest.spec.tools
    )


async def ask(
    model: Model, price: Price, request: ModelRequest, blank: Step, context: StepContext, span: Span
) -> Step:
    """Fill `blank` with the model's answer, or with why there is none."""
    metered = Metered(model, price, context.deps.ledger, blank.run_id)
    try:
        answer = await complete_with_retries(metered, request)
    except OverBudget as error:
        stop = Stop.SPEND_RUN if error.scope == "run" else Stop.SPEND_DAY
        return _failed(blank, stop, str(error), span, cost_micros=metered.spent_micros)
    except ModelError as error:
        step = replace(blank, latency_ms=error.latency_ms, cost_micros=metered.spent_micros)
        return _failed(step, _stop_of(error, request), str(error), span)
    span.set(**semconv.reply(answer.reply, cost_micros=metered.spent_micros))
    _show_content(request, answer.reply, context, span)
    return replace(
        blank,
        text=answer.reply.text,
        calls=answer.reply.tool_calls[:MAX_CALLS_PER_PLAN],
        usage=answer.reply.usage,
        latency_ms=answer.waited_ms + answer.reply.latency_ms,
        retry_count=answer.retry_count,
        cost_micros=metered.spent_micros,
    )


def _failed(step: Step, stop: Stop, reason: str, span: Span, *, cost_micros: int | None = None) -> Step:
    span.fail(stop)
    cost = step.cost_micros if cost_micros is None else cost_micros
    return replace(step, ok=False, failure=stop, text=reason, cost_micros=cost)


def _show_content(request: ModelRequest, reply: ModelReply, context: StepContext, span: Span) -> None:
    """Messages in spans, redacted, and only where the operator asked for them."""
    if not context.deps.telemetry.content_allowed:
        return
    clean = Redactor(context.manifest.policy.pii_redaction).redact
    asked = json.dumps([{"role": said.role, "content": said.content} for said in request.messages])
    span.set(**{semconv.INPUT_MESSAGES: clean(asked), semconv.OUTPUT_MESSAGES: clean(reply.text)})


def _stop_of(error: ModelError, request: ModelRequest) -> Stop:
    """Out of time is the agent's failure; a model that could not be had is the infrastructure's."""
    if error.latency_ms >= request.timeout_seconds * 1000:
        return Stop.TIMEOUT
    return Stop.MODEL_UNAVAILABLE if error.retryable else Stop.MODEL_REJECTED
