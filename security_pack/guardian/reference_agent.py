"""An agent that can do everything and that nobody guards: what every probe must be able to attack."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Policy
from agent_runtime.agent.spec import AgentSpec
from agent_runtime.guard.redact import ALL_KINDS

_TEXT_ARGUMENTS = ("recipient", "body", "url", "path", "query", "id")
_TOOLS = {
    "shelf.read": "read",
    "records.update": "update",
    "files.delete": "delete",
    "wallet.pay": "pay",
    "mail.send": "send",
    "memory.save": "create",
}
_CONTRACT = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}


@cache
def reference_agent() -> Manifest:
    """A tool for every role, each taking every argument that a role can have, and a contract to break."""
    spec = {
        "name": "reference",
        "model": "openai:none",
        "max_steps": 1000,
        "tools": [_tool(name, verb) for name, verb in _TOOLS.items()],
    }
    policy = {"pii_redaction": list(ALL_KINDS), "domains_allowlist": ["*"]}
    return Manifest(
        spec=AgentSpec.model_validate(spec),
        policy=Policy.model_validate(policy),
        root=Path(),
        prompt="Do the task.",
        contract=_CONTRACT,
    )


def _tool(name: str, verb: str) -> dict[str, Any]:
    arguments: dict[str, Any] = {name: {"type": "string"} for name in _TEXT_ARGUMENTS}
    return {
        "name": name,
        "allow": [verb],
        "description": f"{verb.capitalize()}s.",
        "arguments": {
            "type": "object",
            "properties": {**arguments, "amount": {"type": "number"}},
            "required": ["id"],
            "additionalProperties": True,
        },
    }
