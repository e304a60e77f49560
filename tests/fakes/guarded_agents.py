"""Agents for Guardian: two tools, and as many guards as a test wants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Policy
from agent_runtime.agent.spec import AgentSpec

SEARCH: Mapping[str, Any] = {
    "name": "kb.search",
    "allow": ["read"],
    "description": "Searches.",
    "implementation": {"python": "kb.py:search"},
    "arguments": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
}
REFUND: Mapping[str, Any] = {
    "name": "billing.refund",
    "allow": ["create"],
    "approval": {"required": True},
    "implementation": {"python": "billing.py:refund"},
    "arguments": {
        "type": "object",
        "properties": {"order_id": {"type": "string", "pattern": "^[0-9]+$"}, "amount": {"type": "number"}},
        "required": ["order_id", "amount"],
    },
}
UNAPPROVED_REFUND: Mapping[str, Any] = {key: value for key, value in REFUND.items() if key != "approval"}
CONTRACT = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}


def agent_of(
    *tools: Mapping[str, Any],
    policy: Mapping[str, Any] | None = None,
    contract: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Manifest:
    """An agent with these tools (default: a search, and a refund that needs approval)."""
    written = {
        "name": "triage",
        "model": "openai:gpt-4.1-mini",
        "tools": [*(tools or (SEARCH, REFUND))],
        **spec,
    }
    return Manifest(
        spec=AgentSpec.model_validate(written),
        policy=Policy.model_validate(policy or {}),
        root=Path(),
        prompt="Be careful.",
        contract=contract,
    )
