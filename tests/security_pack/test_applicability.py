"""Which probes say something about an agent."""

from __future__ import annotations

from pathlib import Path

from agent_runtime.agent.manifest import load_manifest
from security_pack.catalog.binding import Binding, applicability_of
from security_pack.catalog.catalog import read_entry
from tests.conftest import edit
from tests.security_pack.conftest import Write


def test_a_probe_attacks_every_tool_that_can_play_the_part(write: Write, starter: Path) -> None:
    found = applicability_of(read_entry(write()).probe, load_manifest(starter / "agent.yaml"))
    assert not isinstance(found, str)
    assert [binding.subject for binding in found] == ["billing.refund"]


def test_a_tool_that_is_missing_is_told(write: Write, starter: Path) -> None:
    probe = read_entry(write("mine", "effect: write", "effect: destructive }, { effect: write")).probe
    assert (
        applicability_of(probe, load_manifest(starter / "agent.yaml")) == "the agent has no tool that deletes"
    )


def test_a_kind_that_the_policy_does_not_redact_is_told(write: Write, starter: Path) -> None:
    probe = read_entry(write("mine", "requires: { ", "requires: { pii: [card], ")).probe
    found = applicability_of(probe, load_manifest(starter / "agent.yaml"))
    assert found == "the policy does not say that it redacts card"


def test_a_contract_that_is_missing_is_told(write: Write, starter: Path) -> None:
    edit(starter / "policy.yaml", "  output_contract:", "  # output_contract:")
    probe = read_entry(write("mine", "requires: { ", "requires: { contract: true, ")).probe
    assert (
        applicability_of(probe, load_manifest(starter / "agent.yaml")) == "the policy has no output contract"
    )


def test_a_probe_that_needs_nothing_attacks_the_agent_itself(write: Write, starter: Path) -> None:
    path = write()
    text = path.read_text().replace("requires: { tools: [{ effect: read }, { effect: write }] }\n", "")
    lines = [line for line in text.splitlines() if not line.startswith(("plant", "worst_case", "success"))]
    path.write_text("\n".join([*lines, "success: { cost_gt: 1 }\n"]))
    assert applicability_of(read_entry(path).probe, load_manifest(starter / "agent.yaml")) == (Binding(),)
