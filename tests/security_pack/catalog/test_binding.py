"""Which tool plays which role, and which probes say something about an agent."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.agent.manifest import load_manifest
from agent_runtime.agent.spec import ToolSpec
from security_pack.catalog.binding import Binding, applicability_of, argument_names, effects_of
from security_pack.catalog.catalog import read_entry
from security_pack.catalog.probe import Effect
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


def tool(name: str, *verbs: str, **properties: str) -> ToolSpec:
    arguments = {"type": "object", "properties": {key: {"type": kind} for key, kind in properties.items()}}
    return ToolSpec.model_validate({"name": name, "allow": list(verbs), "arguments": arguments})


@pytest.mark.parametrize(
    ("name", "verbs", "effects"),
    [
        ("kb.search", ["read"], {Effect.READ}),
        ("billing.payments", ["read"], {Effect.READ}),
        ("crm.note", ["read", "update"], {Effect.READ, Effect.WRITE, Effect.MEMORY}),
        ("files.remove", ["delete"], {Effect.WRITE, Effect.DESTRUCTIVE}),
    ],
)
def test_what_a_tool_can_do_follows_from_its_verbs_and_the_words_of_its_name(
    name: str, verbs: list[str], effects: set[Effect]
) -> None:
    assert effects_of(tool(name, *verbs)) == effects


def test_an_argument_plays_the_role_that_a_word_of_its_name_says() -> None:
    assert argument_names(tool("mail.send", "send", toAddress="string"))["recipient"] == "toAddress"
    assert argument_names(tool("mail.send", "send")) == {}


def test_a_tool_whose_arguments_are_no_object_has_no_roles() -> None:
    spec = ToolSpec.model_validate({"name": "a", "allow": ["read"], "arguments": {"properties": True}})
    assert argument_names(spec) == {}
