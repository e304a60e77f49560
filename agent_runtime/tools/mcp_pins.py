"""What an MCP server offers, pinned: a hash of it stands in agent.yaml, and a change of it is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_runtime.agent.spec import McpTool, ToolSpec
from agent_runtime.errors import Problem
from agent_runtime.files.documents import canonical_json
from agent_runtime.files.suggestion import did_you_mean

_LONGEST_SHOWN = 300
_REVIEW = "review and paste what this prints:  agentcrewops agent mcp pin"


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool as its server describes it today. All of it is hostile text."""

    name: str
    description: str
    arguments: Mapping[str, Any]

    @property
    def pin(self) -> str:
        """`sha256:` and 64 digits over everything that could steer a model."""
        whole = {"name": self.name, "description": self.description, "arguments": self.arguments}
        return "sha256:" + hashlib.sha256(canonical_json(whole).encode(errors="replace")).hexdigest()


def why_not_offered(tool: ToolSpec, wanted: McpTool, offers: Mapping[str, OfferedTool]) -> Problem | None:
    """Why a server that offers this has no such tool; None if it has."""
    if wanted.tool in offers:
        return None
    known = [ascii(name)[1:-1] for name in sorted(offers)]
    fix = did_you_mean(ascii(wanted.tool)[1:-1], known, f"it offers: {', '.join(known[:20]) or 'nothing'}")
    return Problem("agent.yaml", None, f"the MCP server of tool '{tool.name}' offers no {wanted.tool!a}", fix)


def why_not_usable(tool: ToolSpec, wanted: McpTool, offers: Mapping[str, OfferedTool]) -> Problem | None:
    """Why the tool of agent.yaml cannot be run on a server that offers this; None if it can."""
    if (problem := why_not_offered(tool, wanted, offers)) is not None:
        return problem
    offered = offers[wanted.tool]
    if wanted.pin is not None and wanted.pin != offered.pin:
        what = f"tool '{tool.name}' is not what was pinned: {_difference(tool, offered)}"
        return Problem("agent.yaml", None, what, _REVIEW)
    if tool.arguments is None and offered.arguments.get("properties"):
        what = f"tool '{tool.name}' declares no arguments, but its MCP server takes some"
        return Problem("agent.yaml", None, what, _REVIEW)
    return None


def _difference(tool: ToolSpec, offered: OfferedTool) -> str:
    """What changed since agent.yaml was written, both sides escaped."""
    changes = []
    if tool.description != offered.description:
        changes.append(_change("description", tool.description, offered.description))
    if (before := canonical_json(tool.arguments or {})) != (now := canonical_json(offered.arguments)):
        changes.append(_change("arguments", before, now))
    return "; ".join(changes) or "agent.yaml was edited to match the server, but its pin was not"


def _change(what: str, before: str, now: str) -> str:
    """Both texts from a little before the place where they part."""
    parting = next((at for at, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), None)
    start = max(0, (min(len(before), len(now)) if parting is None else parting) - 40)
    return f"its {what} changed\n      agent.yaml: {_cut(before, start)}\n      now:        {_cut(now, start)}\n   "


def _cut(text: str, start: int) -> str:
    part = text[start : start + _LONGEST_SHOWN]
    return ("…" if start else "") + ascii(part) + ("…" if start + _LONGEST_SHOWN < len(text) else "")
