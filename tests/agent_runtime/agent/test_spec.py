"""agent.yaml's shape."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from agent_runtime.agent.spec import AgentFile, AgentSpec, Implementation, ToolSpec, Verb

MINIMAL = {"name": "a", "model": "openai:gpt-4.1-mini"}
TOOL = {"name": "kb.search", "allow": ["read"]}


def spec(**changes: Any) -> AgentSpec:
    return AgentSpec.model_validate({**MINIMAL, **changes})


def test_the_article_s_agent_loads_unchanged() -> None:
    agent = AgentFile.model_validate(
        {
            "agent": {
                "name": "support-triage",
                "model": "openai:gpt-4.1-mini",
                "temperature": [0.0, 0.4],
                "max_steps": 8,
                "tools": [
                    TOOL,
                    {"name": "billing.refund", "allow": ["create"], "approval": {"required": True}},
                ],
            }
        }
    ).agent
    assert (agent.provider, agent.simulated, agent.temperature) == ("openai", False, (0.0, 0.4))
    assert [tool.needs_approval for tool in agent.tools] == [False, True]


def test_one_temperature_is_a_band_of_no_width() -> None:
    assert spec(temperature=0.3).temperature == (0.3, 0.3)


@pytest.mark.parametrize("band", [[0.5, 0.1], [0, 3], [-1, 0], [0.1], "hot", True, [0.1, float("nan")]])
def test_a_band_that_is_none_is_refused(band: Any) -> None:
    with pytest.raises(ValidationError):
        spec(temperature=band)


@pytest.mark.parametrize("model", ["gpt-4.1-mini", ":x", "openai:", "Open AI:x", "openai:a b"])
def test_a_model_is_provider_and_name(model: str) -> None:
    with pytest.raises(ValidationError):
        spec(model=model)


def test_a_tool_declared_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"'kb\.search' is declared twice"):
        spec(tools=[TOOL, TOOL])


@pytest.mark.parametrize(
    "change",
    [{"name": "kb search"}, {"name": "kb.*"}, {"allow": []}, {"allow": ["write"]}, {"allow": "read"}],
)
def test_a_tool_has_a_plain_name_and_known_verbs(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ToolSpec.model_validate({**TOOL, **change})


def test_only_a_tool_of_reads_alone_is_read_only() -> None:
    assert ToolSpec(name="t", allow=[Verb.READ]).read_only
    assert not ToolSpec(name="t", allow=[Verb.READ, Verb.SEND]).read_only


def test_a_tool_is_looked_up_by_its_exact_name() -> None:
    agent = spec(tools=[TOOL])
    assert agent.tool("kb.search") is agent.tools[0]
    assert agent.tool("kb.searc") is None


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"python": "a.py:f", "http": {"url": "https://x.invalid"}},
        {"python": "a.py"},
        {"python": "a:f"},
        {"python": "a.py:f()"},
    ],
)
def test_an_implementation_is_exactly_one_kind_and_names_a_function(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Implementation.model_validate(value)


@pytest.mark.parametrize(
    "change",
    [
        {"max_steps": 0},
        {"max_steps": 1001},
        {"max_output_tokens": 0},
        {"timeout_seconds": float("inf")},
        {"base_url": "ftp://x"},
        {"extra": 1},
    ],
)
def test_limits_and_unknown_keys_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        spec(**change)
