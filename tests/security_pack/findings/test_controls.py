"""Blame becomes the line a person changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from security_pack.catalog.probe import Control
from security_pack.findings.controls import FileLines, read_places, shown_path
from security_pack.findings.findings import Location
from tests.conftest import edit


def line_of(starter: Path, control: Control, tool: str = "") -> str:
    """The text of the line that is blamed."""
    place = read_places(starter / "agent.yaml", starter / "policy.yaml").of(control, tool)
    return Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1].strip()


@pytest.mark.parametrize(
    ("control", "tool", "line"),
    [
        (Control.TOOL_APPROVAL, "billing.refund", "approval: { required: true }"),
        (Control.TOOL_APPROVAL, "kb.search", '- name: "kb.search" # read-only'),
        (Control.TOOL_ARGUMENTS, "kb.search", "arguments:"),
        (Control.TOOL_APPROVAL, "nobody", "tools:"),
        (Control.AGENT_LIMITS, "", "max_steps: 8"),
        (Control.AGENT_PROMPT, "", 'prompt: "prompts/system.md"'),
        (Control.POLICY_SPEND, "", "spend:"),
        (Control.POLICY_ALLOWLIST, "", 'domains_allowlist: ["*.your-company.com"]'),
        (Control.PRODUCT, "", "agent:"),
    ],
)
def test_each_control_has_its_line(starter: Path, control: Control, tool: str, line: str) -> None:
    assert line_of(starter, control, tool) == line


def test_an_absent_key_is_blamed_on_its_block(starter: Path) -> None:
    edit(starter / "policy.yaml", '  pii_redaction: ["email", "phone"]\n', "")
    assert line_of(starter, Control.POLICY_REDACTION) == "policy:"


def test_paths_are_relative_to_where_we_were_called(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(starter.parent)
    assert shown_path(starter / "agent.yaml") == f"{starter.name}/agent.yaml"
    assert shown_path(Path("/elsewhere/agent.yaml")) == "/elsewhere/agent.yaml"


def test_a_foreign_agent_has_one_line_for_everything() -> None:
    places = FileLines(Location("suite.yaml", 2))
    assert {places.of(control, "x") for control in Control} == {Location("suite.yaml", 2)}
