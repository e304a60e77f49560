"""Names of OpenTelemetry's GenAI conventions and of our own attributes, in one place.

The conventions are still in development (https://github.com/open-telemetry/semantic-conventions-genai), so
nothing outside this file spells `gen_ai.`. Each function returns attributes for `Telemetry.span` or `Span.set`.
Tokens are on the spans of model calls only: a backend that sums them over spans must not count them twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_runtime.models.interface import ModelReply, ModelRequest
from agent_runtime.records import RunStatus, Usage
from agent_runtime.telemetry.interface import Attribute

Attributes = dict[str, Attribute]

RUN = "agent.run"
PLAN = "agent.plan"
TOOL_CALL = "tool.call"
TOOL_RESULT = "tool.result"
CRITIC = "agent.critic"
RETRY = "agent.retry"

INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT_TEXT = "gen_ai.tool.call.result"
CONTENT = frozenset({INPUT_MESSAGES, OUTPUT_MESSAGES, TOOL_ARGUMENTS, TOOL_RESULT_TEXT})
"""Attributes that hold content: dropped unless content is allowed, and redacted by whoever sets them."""

ERROR_TYPE = "error.type"
"""https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/"""

# Where the conventions name a provider otherwise than agent.yaml does; the values of `gen_ai.provider.name`:
# https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
_PROVIDERS = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "cohere_chat": "cohere",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}


def model_names(model: str) -> Attributes:
    """A model as agent.yaml names it (`provider:model`), in the conventions' two parts."""
    provider, _, name = model.partition(":")
    return {
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider),
        "gen_ai.request.model": name or model,
    }


def run(*, run_id: str, agent: str, model: str, fingerprint: str, simulated: bool) -> Attributes:
    """A run begins (`agent.run`)."""
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": agent,
        "agentcrewops.run_id": run_id,
        "agentcrewops.manifest_fingerprint": fingerprint,
        "agentcrewops.simulated": simulated,
        **model_names(model),
    }


def run_end(*, status: RunStatus, stop: str, cost_micros: int) -> Attributes:
    """A run ended, and why."""
    return {
        "agentcrewops.status": status.value,
        "agentcrewops.stop": stop,
        "agentcrewops.cost_micros": cost_micros,
    }


def plan(model: str, request: ModelRequest, *, step: int) -> Attributes:
    """The agent decides by a model call (`agent.plan`)."""
    return {"gen_ai.operation.name": "plan", **_call(model, request, step)}


def critic(model: str, request: ModelRequest, *, step: int) -> Attributes:
    """A model judges the answer (`agent.critic`); a critic without a model carries `step_index` alone."""
    return {"gen_ai.operation.name": "chat", **_call(model, request, step)}


def step_index(step: int) -> Attributes:
    """The index of the step that a span belongs to."""
    return {"agentcrewops.step": step}


def reply(answer: ModelReply, *, cost_micros: int) -> Attributes:
    """What came back from a model, and what it cost."""
    return {
        "gen_ai.response.model": answer.model or None,
        "gen_ai.response.id": answer.response_id,
        "gen_ai.response.finish_reasons": (answer.finish_reason,),
        "agentcrewops.cost_micros": cost_micros,
        **usage(answer.usage),
    }


def usage(tokens: Usage) -> Attributes:
    """Tokens of one model call."""
    return {
        "gen_ai.usage.input_tokens": tokens.input_tokens,
        "gen_ai.usage.output_tokens": tokens.output_tokens,
    }


def tool_call(*, tool: str, call_id: str, step: int) -> Attributes:
    """The agent asks for a tool (`tool.call`)."""
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool,
        "gen_ai.tool.call.id": call_id,
        "gen_ai.tool.type": "function",
        **step_index(step),
    }


def tool_result(*, tool: str, ok: bool, step: int) -> Attributes:
    """What the tool gave is read (`tool.result`)."""
    return {"gen_ai.tool.name": tool, "agentcrewops.ok": ok, **step_index(step)}


def decision(*, outcome: str, rule: str) -> Attributes:
    """What the gatekeeper said to a tool call."""
    return {"agentcrewops.gate.outcome": outcome, "agentcrewops.gate.rule": rule}


def retry(*, number: int, flags: Sequence[str], step: int) -> Attributes:
    """The agent tries again (`agent.retry`), and what was wrong before."""
    return {"agentcrewops.retry": number, "agentcrewops.policy_flags": tuple(flags), **step_index(step)}


def measured(*, agent: str, model: str, simulated: bool) -> Attributes:
    """The labels that every metric carries; few and short, for each combination is a time series."""
    return {"gen_ai.agent.name": agent, "agentcrewops.simulated": simulated, **model_names(model)}


def ended(status: RunStatus) -> Attributes:
    """How the run ended, as a label."""
    return {"agentcrewops.status": status.value}


def token_type(kind: str) -> Attributes:
    """Which tokens: `input` or `output`."""
    return {"gen_ai.token.type": kind}


def _call(model: str, request: ModelRequest, step: int) -> Attributes:
    return {
        **model_names(model),
        "gen_ai.request.temperature": request.temperature,
        "gen_ai.request.max_tokens": request.max_output_tokens,
        "gen_ai.request.seed": request.seed,
        **step_index(step),
    }
