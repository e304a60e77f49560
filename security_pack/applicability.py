"""A probe and an agent -> the tools it attacks there, or why it says nothing about this agent."""

from __future__ import annotations

from agent_runtime.agent.manifest import Manifest
from security_pack.catalog.binding import Binding, bindings_of
from security_pack.catalog.probe import Probe


def applicability_of(probe: Probe, manifest: Manifest) -> tuple[Binding, ...] | str:
    """A binding for each attacked tool, at least one; or the reason why there is none, in plain words."""
    undeclared = [kind for kind in probe.requires.pii if kind not in manifest.policy.pii_redaction]
    if undeclared:
        return f"the policy does not say that it redacts {', '.join(undeclared)}"
    if probe.requires.contract and manifest.contract is None:
        return "the policy has no output contract"
    return bindings_of(probe, manifest.spec.tools)
