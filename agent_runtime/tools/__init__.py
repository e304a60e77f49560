"""Tools: what an agent can do. `open_tools` makes those the manifest names."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.spec import HttpCall, Implementation, OpenApiCall, ToolSpec
from agent_runtime.errors import InvalidInput, MissingExtra, Problem
from agent_runtime.tools.interface import NeedsStart, Tool
from agent_runtime.tools.python_file import open_python

if TYPE_CHECKING:
    from agent_runtime.tools.mcp import McpServers


@asynccontextmanager
async def connected_tools(
    manifest: Manifest, environ: Mapping[str, str], *, evals: bool
) -> AsyncIterator[Mapping[str, Tool]]:
    """The tools of `open_tools`, what they need started and checked; everything is closed at the end.

    Raises:
        InvalidInput: with every problem of every tool.
    """
    async with AsyncExitStack() as stack:
        tools = open_tools(manifest, environ, evals=evals)
        for tool in tools.values():
            stack.push_async_callback(tool.aclose)
        problems: list[Problem] = []
        for tool in tools.values():
            try:
                if isinstance(tool, NeedsStart):
                    await tool.start()
            except InvalidInput as error:
                problems.extend(error.problems)
        if problems:
            raise InvalidInput(problems)
        yield tools


def open_tools(manifest: Manifest, environ: Mapping[str, str], *, evals: bool) -> Mapping[str, Tool]:
    """The agent's tools by name, without those that have nothing to run.

    Args:
        evals: touch nothing: what goes beyond reading runs its `eval:` or is left out, and the caller
            puts a case's stub in its place or says that there is none.

    Raises:
        InvalidInput: with every problem of every tool.
    """
    tools: dict[str, Tool] = {}
    problems: list[Problem] = []
    opener = _Opener(manifest, environ)
    for spec in manifest.spec.tools:
        implementation = implementation_of(spec, evals=evals)
        if implementation is None:
            continue
        try:
            tools[spec.name] = opener.open(spec, implementation)
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return tools


def implementation_of(spec: ToolSpec, *, evals: bool) -> Implementation | None:
    """What runs when the tool is called; None if nothing may."""
    if not evals:
        return spec.implementation
    return spec.eval or (spec.implementation if spec.read_only else None)


class _Opener:
    """Opens tools of every kind; what is heavy is imported by the kind that needs it."""

    def __init__(self, manifest: Manifest, environ: Mapping[str, str]) -> None:
        self._manifest = manifest
        self._environ = environ

    def open(self, spec: ToolSpec, implementation: Implementation) -> Tool:
        """The tool, ready but for what `NeedsStart` starts."""
        if implementation.python is not None:
            # A stub need not remember keys.
            needs_key = spec.idempotency == "key" and implementation is spec.implementation
            return open_python(self._manifest.root, implementation.python, spec.name, needs_key=needs_key)
        if implementation.http is not None:
            return self._http(spec, implementation.http)
        if implementation.mcp is not None:
            return self._servers.tool(spec, implementation.mcp)
        if implementation.openapi is not None:
            return self._openapi(spec, implementation.openapi)
        raise AssertionError("unreachable: an implementation has exactly one kind")

    def _http(self, spec: ToolSpec, request: HttpCall) -> Tool:
        from agent_runtime.tools.http import open_http
        from agent_runtime.wire import Wire

        wire = Wire(self._manifest.policy.domains_allowlist)
        keyed = spec.idempotency == "key"
        return open_http(request, spec.name, self._manifest.policy, self._environ, wire, sends_key=keyed)

    def _openapi(self, spec: ToolSpec, call: OpenApiCall) -> Tool:
        from agent_runtime.tools.openapi import open_openapi
        from agent_runtime.wire import Wire

        wire = Wire(self._manifest.policy.domains_allowlist)
        return open_openapi(call, spec, self._manifest, self._environ, wire)

    @cached_property
    def _servers(self) -> McpServers:
        return open_servers(self._manifest, self._environ)


def open_servers(manifest: Manifest, environ: Mapping[str, str]) -> McpServers:
    """The MCP servers that this agent's tools share, none of them started.

    Raises:
        MissingExtra: the SDK is not installed.
    """
    if importlib.util.find_spec("mcp") is None:
        raise MissingExtra("a tool of an MCP server", "mcp")
    from agent_runtime.tools.mcp import McpServers  # the SDK is heavy

    return McpServers(manifest, environ)
