"""Attribute names, checked against the OpenTelemetry package."""

from __future__ import annotations

import pytest
from opentelemetry.semconv._incubating.attributes import error_attributes, gen_ai_attributes

from agent_runtime.models.interface import ModelReply, ModelRequest
from agent_runtime.records import RunStatus, Usage
from agent_runtime.telemetry import semconv

REQUEST = ModelRequest("gpt-4.1-mini", (), temperature=0.2, max_output_tokens=64, seed=7)
REPLY = ModelReply("hi", (), Usage(10, 5), 1.0, model="gpt-4.1-mini-2025", response_id="x-1")


def everything() -> semconv.Attributes:
    names = {"agent": "a", "model": "openai:m", "simulated": False}
    return {
        **semconv.run(run_id="r", fingerprint="f", agent="a", model="openai:m", simulated=False),
        **semconv.run_end(status=RunStatus.FAILED, stop="model", cost_micros=1),
        **semconv.plan("openai:m", REQUEST, step=0),
        **semconv.reply(REPLY, cost_micros=3),
        **semconv.tool_call(tool="kb.search", call_id="c", step=1),
        **semconv.tool_result(tool="kb.search", ok=True, step=1),
        **semconv.critic("openai:m", REQUEST, step=2),
        **semconv.decision(outcome="deny", rule="unknown_tool"),
        **semconv.retry(number=1, flags=("contract:violation",), step=3),
        **semconv.measured(agent="a", model="openai:m", simulated=bool(names["simulated"])),
        **semconv.ended(RunStatus.FAILED),
        **semconv.token_type("input"),
        **dict.fromkeys(semconv.CONTENT, "x"),
        semconv.ERROR_TYPE: "x",
    }


def test_every_name_is_of_the_conventions_or_our_own() -> None:
    known = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    known.add(error_attributes.ERROR_TYPE)
    foreign = {name for name in everything() if not name.startswith("agentcrewops.")}
    assert foreign
    assert foreign <= known


@pytest.mark.parametrize(
    "provider", sorted(set(semconv._PROVIDERS.values()) | {"openai", "anthropic", "groq"})
)
def test_providers_have_the_names_of_the_conventions(provider: str) -> None:
    assert provider in {value.value for value in gen_ai_attributes.GenAiProviderNameValues}


@pytest.mark.parametrize(
    ("model", "provider", "name"),
    [
        ("openai:gpt-4.1-mini", "openai", "gpt-4.1-mini"),
        ("bedrock:anthropic.claude:1", "aws.bedrock", "anthropic.claude:1"),
        ("sim:triage", "sim", "triage"),
    ],
)
def test_a_model_is_split_into_provider_and_name(model: str, provider: str, name: str) -> None:
    expected = {"gen_ai.provider.name": provider, "gen_ai.request.model": name}
    assert semconv.model_names(model) == expected


def test_a_plan_says_what_was_asked_of_which_model() -> None:
    assert semconv.plan("openai:gpt-4.1-mini", REQUEST, step=4) == {
        "gen_ai.operation.name": "plan",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4.1-mini",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 64,
        "gen_ai.request.seed": 7,
        "agentcrewops.step": 4,
    }


def test_a_reply_says_tokens_and_cost_but_not_the_words() -> None:
    attributes = semconv.reply(REPLY, cost_micros=12)
    assert attributes["gen_ai.usage.input_tokens"] == 10
    assert attributes["gen_ai.usage.output_tokens"] == 5
    assert attributes["agentcrewops.cost_micros"] == 12
    assert "hi" not in attributes.values()


def test_only_the_four_content_attributes_hold_content() -> None:
    assert {
        gen_ai_attributes.GEN_AI_INPUT_MESSAGES,
        gen_ai_attributes.GEN_AI_OUTPUT_MESSAGES,
        gen_ai_attributes.GEN_AI_TOOL_CALL_ARGUMENTS,
        gen_ai_attributes.GEN_AI_TOOL_CALL_RESULT,
    } == semconv.CONTENT
