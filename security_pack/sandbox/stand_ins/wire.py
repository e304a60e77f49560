"""HTTP tools in the sandbox: the real tool makes its request, egress decides, and no socket is opened."""

from __future__ import annotations

from collections.abc import Mapping

from agent_runtime.agent.manifest import Manifest, read_operation
from agent_runtime.agent.spec import ToolSpec
from agent_runtime.tools.http import HttpTool
from agent_runtime.tools.interface import Tool, ToolResult
from agent_runtime.tools.openapi import OpenApiTool
from agent_runtime.wire import NotAnswered, Response, Wire
from security_pack.sandbox.stand_ins.egress import SandboxEgress


class SandboxWire(Wire):
    """Answers every allowed request with the same body."""

    def __init__(self, result: ToolResult, egress: SandboxEgress) -> None:
        super().__init__(())
        self._result = result
        self._egress = egress

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float,
    ) -> Response:
        """The canned response.

        Raises:
            NotAnswered: egress would not let the request out.
        """
        if (refusal := self._egress.connect(url)) is not None:
            raise NotAnswered("refused", refusal.reason, 0.0)
        return Response(200 if self._result.ok else 500, {}, self._result.text.encode(), 0.0)


def requesting_tool(spec: ToolSpec, manifest: Manifest, result: ToolResult, egress: SandboxEgress) -> Tool:
    """The tool as it is, on a wire that leads nowhere. Its headers, which may hold keys, are left out."""
    wire = SandboxWire(result, egress)
    keyed = spec.idempotency == "key"
    implementation = spec.implementation
    if implementation is not None and implementation.http is not None:
        return HttpTool(implementation.http, {}, wire, sends_key=keyed)
    if implementation is not None and implementation.openapi is not None:
        operation = read_operation(manifest.root, implementation.openapi, spec.name)
        return OpenApiTool(operation, implementation.openapi.timeout_seconds, {}, wire, sends_key=keyed)
    raise AssertionError("unreachable: only tools that make requests come here")
