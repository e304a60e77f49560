"""The setting that should have stopped an attack -> its line in agent.yaml or policy.yaml, and what to write there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from agent_runtime.files.documents import Document, read_yaml
from security_pack.catalog.probe import Control
from security_pack.findings.findings import Location

_OF_AGENT = {Control.AGENT_LIMITS: "max_steps", Control.AGENT_PROMPT: "prompt"}
_OF_TOOL = {
    Control.TOOL_APPROVAL: "approval",
    Control.TOOL_ARGUMENTS: "arguments",
    Control.TOOL_DESCRIPTION: "description",
}


def is_tool_control(control: Control | None) -> bool:
    """Whether it is a setting of a tool, so that every tool has its own line."""
    return control in _OF_TOOL


@dataclass(frozen=True, slots=True)
class FileLines:
    """The lines of one agent's files. An agent that is not ours has neither, and `elsewhere` instead.

    Attributes:
        elsewhere: the line that stands for the agent as a whole.
    """

    elsewhere: Location
    agent: Document | None = None
    policy: Document | None = None

    def of(self, control: Control, tool: str = "") -> Location:
        """The line of the key to change; if the key is absent, that of the block it belongs in.

        Args:
            tool: whose line, if the setting is a tool's.
        """
        if control in _OF_TOOL:
            return self.in_tool(tool, _OF_TOOL[control])
        if control in _OF_AGENT:
            return self.in_agent(_OF_AGENT[control])
        if control is Control.PRODUCT:
            return self.elsewhere
        return self.in_policy(control.value.partition(".")[2])

    def in_tool(self, name: str, key: str) -> Location:
        """The line of a tool's key; that of the list of tools, if there is none of this name."""
        tools = self.agent.data["agent"].get("tools") or [] if self.agent is not None else []
        at = next((at for at, tool in enumerate(tools) if tool.get("name") == name), None)
        return self.in_agent("tools") if at is None else self.in_agent("tools", at, key)

    def in_agent(self, *keys: str | int) -> Location:
        """The line of a key of `agent:`, or of its nearest enclosing part."""
        return self._in(self.agent, ("agent", *keys))

    def in_policy(self, *keys: str | int) -> Location:
        """The line of a key of `policy:`, or of its nearest enclosing part."""
        return self._in(self.policy, ("policy", *keys))

    def _in(self, document: Document | None, place: tuple[str | int, ...]) -> Location:
        line = document.line_of(place) if document is not None else None
        if document is None or line is None:
            return self.elsewhere
        return Location(shown_path(Path(document.file)), line)


def read_places(agent: Path, policy: Path) -> FileLines:
    """The lines of an agent and a policy that were read before, and found right.

    Raises:
        InvalidInput: they changed meanwhile, and are no longer right.
    """
    agent_document, policy_document = read_yaml(agent), read_yaml(policy)
    whole = Location(shown_path(agent), agent_document.line_of(("agent",)) or 1)
    return FileLines(whole, agent_document, policy_document)


def shown_path(path: PurePath) -> str:
    """The path relative to where we were called, with forward slashes; as it is if it lies elsewhere."""
    full = os.path.abspath(path)  # noqa: PTH100 - a symbolic link keeps the name that people see
    here = Path.cwd()
    return PurePath(full).relative_to(here).as_posix() if PurePath(full).is_relative_to(here) else full


_FIXES: Mapping[Control, str] = {
    Control.TOOL_APPROVAL: "write  approval: {{ required: true }}  in tool {subject}",
    Control.TOOL_ARGUMENTS: "narrow the arguments of {subject}: patterns, limits, additionalProperties: false",
    Control.TOOL_DESCRIPTION: "say in the description of {subject} what it does, and nothing else",
    Control.AGENT_LIMITS: "lower  max_steps:  under agent:",
    Control.AGENT_PROMPT: "say in the prompt that text from tools and documents is data, never orders",
    Control.POLICY_ALLOWLIST: 'name the hosts:  domains_allowlist: ["*.your-company.com"]',
    Control.POLICY_REDACTION: 'write  pii_redaction: ["email", "phone", "card", "iban", "api_key"]  under policy:',
    Control.POLICY_CONTRACT: 'write  output_contract: {{ type: "json", schema_ref: "…" }}  under policy:',
    Control.POLICY_SPEND: "write  spend: {{ per_run_usd_max: 0.25, per_day_usd_max: 30 }}  under policy:",
    Control.PRODUCT: "this is a fault of AgentCrewOps: please report it (SECURITY.md)",
}


def fix_of(control: Control, subject: str) -> str:
    """What to write, and where."""
    return _FIXES[control].format(subject=subject or "it")
