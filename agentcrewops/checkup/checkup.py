"""What `validate` finds out: everything that can be known without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent_runtime.agent.manifest import Manifest, load_manifest
from agent_runtime.agent.spec import ToolSpec
from agentcrewops.checkup.explanation import explain_agent, explain_suite
from evals.canary.preparation import CanaryOptions, prepare


def check_agent(agent: Path, policy: Path | None, *, explain: bool = False) -> dict[str, Any]:
    """Facts about a valid agent and policy; raises InvalidInput with every problem otherwise."""
    manifest = load_manifest(agent, policy)
    facts = _agent_facts(manifest)
    return facts | ({"explained": explain_agent(agent, policy, manifest)} if explain else {})


def check_suite(
    suite: Path,
    agent: Path | None,
    policy: Path | None,
    environ: Mapping[str, str],
    *,
    explain: bool = False,
) -> dict[str, Any]:
    """Facts about a valid suite and the agent it evaluates; raises InvalidInput with every problem otherwise."""
    options = CanaryOptions(suite=suite, agent=agent, policy=policy)
    ready = prepare(options, environ)
    evaluation = ready.evaluation
    facts: dict[str, Any] = {
        "suite": evaluation.suite.name,
        "cases": len(evaluation.suite.cases),
        "samples": evaluation.samples,
        "target": evaluation.suite.target.kind,
    }
    facts |= _agent_facts(evaluation.manifest) if evaluation.manifest is not None else {}
    return facts | ({"explained": explain_suite(ready, options)} if explain else {})


def _agent_facts(manifest: Manifest) -> dict[str, Any]:
    facts = {
        "agent": manifest.spec.name,
        "model": manifest.spec.model + (" (simulated)" if manifest.spec.simulated else ""),
        "tools": ", ".join(tool.name for tool in manifest.spec.tools) or "none",
        "fingerprint": manifest.fingerprint,
    }
    unpinned = [tool.name for tool in manifest.spec.tools if _unpinned(tool)]
    if unpinned:
        facts["advice"] = f"pin what MCP servers say about {', '.join(unpinned)}:  agentcrewops mcp pin"
    return facts


def _unpinned(tool: ToolSpec) -> bool:
    mcp = tool.implementation.mcp if tool.implementation is not None else None
    return mcp is not None and mcp.pin is None
