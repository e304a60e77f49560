"""Pins of MCP tools from the command line."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
import yaml

from tests.agentcrewops.conftest import Shell

SERVER = Path(__file__).resolve().parents[2] / "fakes" / "mcp_server.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An agent with one tool of an MCP server, not pinned yet."""
    (tmp_path / "policy.yaml").write_text("policy: {}\n")
    write(tmp_path, "good", "")
    return tmp_path


def write(folder: Path, mode: str, tool: str) -> None:
    """agent.yaml with the keys in `tool`, as `agent mcp pin` prints them, or with what is needed before that."""
    command = shlex.join([sys.executable, str(SERVER), mode])
    bare = (
        f"    - name: kb.search\n      implementation: {{ mcp: {{ command: {command!r}, tool: search }} }}\n"
    )
    (folder / "agent.yaml").write_text(
        "agent:\n  name: a\n  model: openai:gpt-4.1-mini\n  tools:\n"
        + (tool or bare)
        + "      allow: [read]\n"
    )


def test_what_pin_prints_is_pasted_and_then_is_as_pinned(shell: Shell, project: Path) -> None:
    said = shell("agent", "mcp", "pin", cwd=project)
    comment, keys = said.out.split("\n", 1)
    assert (said.code, comment) == (0, "# kb.search: not pinned yet")
    write(project, "good", keys)
    assert shell("agent", "mcp", "pin", cwd=project).out.startswith("# kb.search: as pinned\n")
    assert yaml.safe_load(keys)[0]["arguments"]["required"] == ["query"]


def test_a_server_that_says_something_else_is_shown_without_its_tricks(shell: Shell, project: Path) -> None:
    write(project, "good", shell("agent", "mcp", "pin", cwd=project).out.split("\n", 1)[1])
    text = (project / "agent.yaml").read_text().replace(f"{SERVER} good", f"{SERVER} changed")
    (project / "agent.yaml").write_text(text)
    said = shell("agent", "mcp", "pin", cwd=project).out
    assert said.startswith("# kb.search: CHANGED\n")
    assert ("\u202e" not in said, "\\u202e" in said) == (True, True)


def test_validate_advises_a_pin_and_is_content_with_one(shell: Shell, project: Path) -> None:
    assert (
        "pin what MCP servers say about kb.search"
        in shell("validate", "--agent", "agent.yaml", cwd=project).out
    )
    write(project, "good", shell("agent", "mcp", "pin", cwd=project).out.split("\n", 1)[1])
    assert "advice" not in shell("validate", "--agent", "agent.yaml", cwd=project).out


def test_an_agent_without_such_tools_is_told_so(shell: Shell, starter: Path) -> None:
    said = shell("agent", "mcp", "pin", cwd=starter)
    assert (said.code, said.out) == (0, "")
    assert "names no tool of an MCP server" in said.err


def test_a_server_that_is_not_there_leaves_with_2(shell: Shell, project: Path) -> None:
    write(project, "dead", "")
    said = shell("agent", "mcp", "pin", cwd=project)
    assert (said.code, "has no MCP server at" in said.err) == (2, True)


SIMULATION = """simulation:
  name: s
  prices: { input_per_mtok: 1, output_per_mtok: 1 }
  behaviours:
    - name: find
      when: find
      skill: { default: 1 }
      calls: [{ tool: kb.search, arguments: { query: mugs } }]
      answer: { found: true }
  default: { answer: {} }
"""
SUITE = """suite: s
target: { runtime: {} }
samples: 2
cases:
  - case_id: a
    input: find mugs
    evaluator: [{ tool_called: kb.search }]
    success: "found == true"
"""


def test_a_canary_runs_a_pinned_tool_and_refuses_to_begin_once_it_changed(
    shell: Shell, project: Path
) -> None:
    (project / "simulation.yaml").write_text(SIMULATION)
    (project / "suite.yaml").write_text(SUITE)
    write(project, "good", shell("agent", "mcp", "pin", cwd=project).out.split("\n", 1)[1])
    agent = (project / "agent.yaml").read_text().replace("openai:gpt-4.1-mini", "sim:simulation.yaml")
    (project / "agent.yaml").write_text(agent)
    assert "success is 100 %" in shell("canary", cwd=project).out
    (project / "agent.yaml").write_text(agent.replace(f"{SERVER} good", f"{SERVER} changed"))
    said = shell("canary", "--out", "again", cwd=project)
    assert (said.code, "is not what was pinned: its description changed" in said.err) == (2, True)
