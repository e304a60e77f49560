"""Tools in the sandbox: each returns its payload, in the shape that the real one would, and does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.spec import ToolSpec
from agent_runtime.tools.interface import Tool, ToolResult
from agent_runtime.tools.outcome import capped, failed, returned
from security_pack.sandbox.stand_ins.egress import SandboxEgress
from security_pack.scenario.scenario import Scenario

_NOTHING_SPECIAL = {"status": "ok"}


def sandbox_tools(manifest: Manifest, scenario: Scenario, egress: SandboxEgress) -> Mapping[str, Tool]:
    """One for every tool of the agent, by name; those that are HTTP requests ask `egress` first."""
    return {spec.name: _sandbox_tool(spec, manifest, scenario, egress) for spec in manifest.spec.tools}


def stand_in_result(spec: ToolSpec | None, name: str, scenario: Scenario) -> ToolResult:
    """What a call of the tool gives the model."""
    if (error := scenario.payload_in(name, "tool_error")) is not None:
        return failed(f"RuntimeError: {error}", 0.0)
    text = scenario.payload_in(name, "tool_result")
    if text is None:
        return returned(_NOTHING_SPECIAL)
    return ToolResult(capped(text)) if _answers_in_text(spec) else returned(text)


def _answers_in_text(spec: ToolSpec | None) -> bool:
    """Whether the model reads the tool's bytes as they are; what a Python function returns becomes JSON."""
    implementation = spec.implementation if spec is not None else None
    return implementation is not None and implementation.python is None


def _sandbox_tool(spec: ToolSpec, manifest: Manifest, scenario: Scenario, egress: SandboxEgress) -> Tool:
    result = stand_in_result(spec, spec.name, scenario)
    implementation = spec.implementation
    if implementation is not None and (implementation.http or implementation.openapi) is not None:
        from security_pack.sandbox.stand_ins.wire import requesting_tool  # aiohttp is heavy, and theirs alone

        return requesting_tool(spec, manifest, result, egress)
    return SandboxTool(result)


class SandboxTool:
    """Gives the same result to every call."""

    def __init__(self, result: ToolResult) -> None:
        self._result = result

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        """The result, in no time."""
        return self._result

    async def aclose(self) -> None:
        """Nothing to release."""
