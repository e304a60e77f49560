"""`agentcrewops agent mcp pin`: what MCP servers offer today, as lines for agent.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from agent_runtime.agent.manifest import load_manifest
from agent_runtime.agent.spec import McpTool, ToolSpec
from agent_runtime.files.yaml_text import one_line
from agent_runtime.tools import open_servers
from agent_runtime.tools.mcp_pins import OfferedTool


async def pinned_lines(agent: Path, policy: Path | None, environ: Mapping[str, str]) -> list[str]:
    """For each tool of an MCP server a comment on its pin, and the keys to paste; servers are started for it.

    Raises:
        InvalidInput: a file is wrong, a server cannot be reached, or it offers no such tool.
    """
    manifest = load_manifest(agent, policy)
    of_servers = [(spec, mcp) for spec in manifest.spec.tools if (mcp := _server_of(spec)) is not None]
    if not of_servers:
        return []
    servers = open_servers(manifest, environ)
    lines: list[str] = []
    async with AsyncExitStack() as stack:
        for spec, mcp in of_servers:
            tool = servers.tool(spec, mcp)
            stack.push_async_callback(tool.aclose)
            lines += _lines(spec, mcp, await tool.offered())
    return lines


def _server_of(spec: ToolSpec) -> McpTool | None:
    return spec.implementation.mcp if spec.implementation is not None else None


def _lines(spec: ToolSpec, mcp: McpTool, offered: OfferedTool) -> list[str]:
    standing = "not pinned yet" if mcp.pin is None else "as pinned" if mcp.pin == offered.pin else "CHANGED"
    pinned = mcp.model_copy(update={"pin": offered.pin}).model_dump(mode="json", exclude_defaults=True)
    return [
        f"# {spec.name}: {standing}",
        f"    - name: {one_line(spec.name)}",
        f"      description: {one_line(offered.description)}",
        f"      arguments: {one_line(dict(offered.arguments))}",
        f"      implementation: {{ mcp: {one_line(pinned)} }}",
    ]
