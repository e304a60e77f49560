"""`check`: all that `validate` and `doctor` found, in one command."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agentcrewops.conftest import Shell
from tests.conftest import edit


def test_json_holds_facts_and_findings(shell: Shell, starter: Path) -> None:
    said = shell("check", "--json", cwd=starter)
    facts = json.loads(said.out)
    assert (said.code, list(facts)) == (0, ["facts", "findings"])
    assert (facts["facts"]["cases"], facts["facts"]["agent"]) == (12, "support-triage")


def test_offline_looks_for_no_key(shell: Shell, starter: Path) -> None:
    edit(starter / "agent.yaml", 'model: "sim:simulation.yaml"', 'model: "openai:gpt-4.1-mini"')
    said = shell("check", "--offline", cwd=starter)
    assert said.code == 0
    assert "OPENAI_API_KEY" not in said.out
    assert "openai:gpt-4.1-mini costs $" in said.out


def test_an_agent_that_is_named_beside_a_suite_is_the_one_that_is_looked_at(
    shell: Shell, starter: Path
) -> None:
    edit(starter / "agent.proposed.yaml", "required: true", "required: false")
    said = shell("check", "--suite", "suite.yaml", "--agent", "agent.proposed.yaml", cwd=starter)
    assert "advice   agent.proposed.yaml:" in said.out


def test_a_file_that_cannot_be_used_has_no_facts_and_leaves_with_2(shell: Shell, starter: Path) -> None:
    edit(starter / "suite.yaml", "samples: 10", "sampels: 10")
    said = shell("check", "--json", "--explain", cwd=starter)
    assert (said.code, json.loads(said.out)["facts"]) == (2, {})
