"""What an MCP server offers today, against what was reviewed."""

from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.agent.spec import McpTool, ToolSpec
from agent_runtime.errors import Problem
from agent_runtime.tools.mcp_pins import OfferedTool, why_not_offered, why_not_usable

SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}}}
OFFERED = OfferedTool("search", "Search the articles.", SCHEMA)


def usable(offered: OfferedTool = OFFERED, *, pin: str | None = None, **keys: Any) -> Problem | None:
    written = {
        "name": "kb.search",
        "allow": ["read"],
        "description": OFFERED.description,
        "arguments": SCHEMA,
    }
    wanted = McpTool(command="server", tool="search", pin=pin)
    return why_not_usable(ToolSpec.model_validate(written | keys), wanted, {offered.name: offered})


@pytest.mark.parametrize(
    "other",
    [
        OfferedTool("find", OFFERED.description, SCHEMA),
        OfferedTool("search", "Search the articles. ", SCHEMA),
        OfferedTool("search", OFFERED.description, {"type": "object"}),
    ],
)
def test_whatever_could_steer_a_model_changes_the_pin(other: OfferedTool) -> None:
    assert other.pin != OFFERED.pin


def test_a_tool_that_is_as_pinned_is_usable() -> None:
    assert usable(pin=OFFERED.pin) is None


def test_a_tool_that_is_not_pinned_is_usable() -> None:
    assert usable() is None


def test_what_changed_is_shown_and_cannot_act() -> None:
    problem = usable(OfferedTool("search", "Search\u202e!", SCHEMA), pin=OFFERED.pin)
    assert problem is not None
    assert "its description changed" in problem.what
    assert "\\u202e" in problem.what
    assert "\u202e" not in problem.what


def test_a_pin_that_alone_is_old_says_who_was_edited() -> None:
    problem = usable(pin="sha256:" + "0" * 64)
    assert problem is not None
    assert "agent.yaml was edited to match the server, but its pin was not" in problem.what


def test_arguments_that_agent_yaml_does_not_declare_are_refused() -> None:
    problem = usable(arguments=None)
    assert problem is not None
    assert "declares no arguments" in problem.what


@pytest.mark.parametrize(
    ("wanted", "fix"), [("serch", "did you mean 'search'?"), ("zzz", "it offers: search")]
)
def test_a_tool_that_is_not_there_is_told_with_its_neighbours(wanted: str, fix: str) -> None:
    tool = ToolSpec.model_validate({"name": "kb", "allow": ["read"]})
    problem = why_not_offered(tool, McpTool(command="server", tool=wanted), {"search": OFFERED})
    assert problem is not None
    assert problem.fix == fix
