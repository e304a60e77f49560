"""What files that can be used come to: which agent, which model, how many cases."""

from __future__ import annotations

from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.spec import ToolSpec
from agentcrewops.checkup.files import CheckedFiles


def facts_of(files: CheckedFiles) -> dict[str, Any]:
    """Facts by name, in the order a person reads them."""
    facts: dict[str, Any] = {}
    if (prepared := files.prepared) is not None:
        facts |= {
            "suite": prepared.evaluation.suite.name,
            "cases": len(prepared.evaluation.suite.cases),
            "samples": prepared.evaluation.samples,
            "target": prepared.evaluation.suite.target.kind,
        }
    return facts | (_agent_facts(files.agent.manifest) if files.agent is not None else {})


def pin_advice(files: CheckedFiles) -> str | None:
    """Which tools of MCP servers are not pinned, and how to pin them; None if all are."""
    tools = files.agent.manifest.spec.tools if files.agent is not None else []
    unpinned = [tool.name for tool in tools if _unpinned(tool)]
    if not unpinned:
        return None
    return f"pin what MCP servers say about {', '.join(unpinned)}:  agentcrewops agent mcp pin"


def _agent_facts(manifest: Manifest) -> dict[str, Any]:
    return {
        "agent": manifest.spec.name,
        "model": manifest.spec.model + (" (simulated)" if manifest.spec.simulated else ""),
        "tools": ", ".join(tool.name for tool in manifest.spec.tools) or "none",
        "fingerprint": manifest.fingerprint,
    }


def _unpinned(tool: ToolSpec) -> bool:
    mcp = tool.implementation.mcp if tool.implementation is not None else None
    return mcp is not None and mcp.pin is None
