"""Blame becomes the line a person changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from security_pack.catalog.probe import Blame
from security_pack.findings.blame import FileLines, read_places, shown_path
from security_pack.findings.findings import Location
from tests.conftest import edit


def line_of(starter: Path, blame: Blame, tool: str = "") -> str:
    """The text of the line that is blamed."""
    place = read_places(starter / "agent.yaml", starter / "policy.yaml").of(blame, tool)
    return Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1].strip()


@pytest.mark.parametrize(
    ("blame", "tool", "line"),
    [
        (Blame.TOOL_APPROVAL, "billing.refund", "approval: { required: true }"),
        (Blame.TOOL_APPROVAL, "kb.search", '- name: "kb.search" # read-only'),
        (Blame.TOOL_ARGUMENTS, "kb.search", "arguments:"),
        (Blame.TOOL_APPROVAL, "nobody", "tools:"),
        (Blame.AGENT_LIMITS, "", "max_steps: 8"),
        (Blame.AGENT_PROMPT, "", 'prompt: "prompts/system.md"'),
        (Blame.POLICY_SPEND, "", "spend:"),
        (Blame.POLICY_ALLOWLIST, "", 'domains_allowlist: ["*.your-company.com"]'),
        (Blame.PRODUCT, "", "agent:"),
    ],
)
def test_each_blame_has_its_line(starter: Path, blame: Blame, tool: str, line: str) -> None:
    assert line_of(starter, blame, tool) == line


def test_an_absent_key_is_blamed_on_its_block(starter: Path) -> None:
    edit(starter / "policy.yaml", '  pii_redaction: ["email", "phone"]\n', "")
    assert line_of(starter, Blame.POLICY_REDACTION) == "policy:"


def test_paths_are_relative_to_where_we_were_called(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(starter.parent)
    assert shown_path(starter / "agent.yaml") == f"{starter.name}/agent.yaml"
    assert shown_path(Path("/elsewhere/agent.yaml")) == "/elsewhere/agent.yaml"


def test_a_foreign_agent_has_one_line_for_everything() -> None:
    places = FileLines(Location("suite.yaml", 2))
    assert {places.of(blame, "x") for blame in Blame} == {Location("suite.yaml", 2)}
