"""What `validate` finds out: everything that can be known without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent_runtime.manifest import Manifest, load_manifest
from evals.canary import CanaryOptions, prepare


def check_agent(agent: Path, policy: Path | None) -> dict[str, Any]:
    """Facts about a valid agent and policy; raises InvalidInput with every problem otherwise."""
    return _agent_facts(load_manifest(agent, policy))


def check_suite(
    suite: Path, agent: Path | None, policy: Path | None, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Facts about a valid suite and the agent it evaluates; raises InvalidInput with every problem otherwise."""
    ready = prepare(CanaryOptions(suite=suite, agent=agent, policy=policy), environ)
    facts: dict[str, Any] = {
        "suite": ready.suite.name,
        "cases": len(ready.suite.cases),
        "samples": ready.samples,
        "target": ready.suite.target.kind,
    }
    return facts | (_agent_facts(ready.manifest) if ready.manifest is not None else {})


def _agent_facts(manifest: Manifest) -> dict[str, Any]:
    return {
        "agent": manifest.spec.name,
        "model": manifest.spec.model + (" (simulated)" if manifest.spec.simulated else ""),
        "tools": ", ".join(tool.name for tool in manifest.spec.tools) or "none",
        "fingerprint": manifest.fingerprint,
    }
