"""What files that can be used come to."""

from __future__ import annotations

from pathlib import Path

from agentcrewops.checkup.facts import facts_of, pin_advice
from agentcrewops.checkup.files import CheckSubject, read_files


def with_server(folder: Path, pin: str) -> Path:
    (folder / "policy.yaml").write_text("policy: {}\n")
    server = f"{{ command: x, tool: search{pin} }}"
    tool = f"{{ name: kb.search, allow: [read], implementation: {{ mcp: {server} }} }}"
    (folder / "agent.yaml").write_text(f"agent: {{ name: a, model: openai:m, tools: [{tool}] }}\n")
    return folder / "agent.yaml"


def test_a_suite_comes_before_the_agent_that_it_names(starter: Path) -> None:
    facts = facts_of(read_files(CheckSubject(starter / "suite.yaml"), {}))
    assert list(facts)[:5] == ["suite", "cases", "samples", "target", "agent"]
    assert (facts["cases"], facts["model"]) == (12, "sim:simulation.yaml (simulated)")


def test_an_agent_without_tools_has_none(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("policy: {}\n")
    (tmp_path / "agent.yaml").write_text("agent: { name: a, model: openai:m }\n")
    facts = facts_of(read_files(CheckSubject(agent=tmp_path / "agent.yaml"), {}))
    assert (facts["tools"], facts["model"]) == ("none", "openai:m")


def test_without_files_there_are_no_facts() -> None:
    files = read_files(CheckSubject(), {})
    assert (facts_of(files), pin_advice(files)) == ({}, None)


def test_a_tool_of_a_server_is_to_be_pinned_once(tmp_path: Path) -> None:
    advice = pin_advice(read_files(CheckSubject(agent=with_server(tmp_path, "")), {}))
    assert advice == "pin what MCP servers say about kb.search:  agentcrewops agent mcp pin"
    pinned = with_server(tmp_path, f", pin: 'sha256:{'0' * 64}'")
    assert pin_advice(read_files(CheckSubject(agent=pinned), {})) is None


def test_a_tool_of_our_own_needs_no_pin(starter: Path) -> None:
    assert pin_advice(read_files(CheckSubject(agent=starter / "agent.yaml"), {})) is None
