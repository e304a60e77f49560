"""Tools that are one operation of an OpenAPI document: an HTTP tool whose request is built from the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_runtime.agent.manifest import Manifest, read_operation
from agent_runtime.agent.openapi import Operation, request_of
from agent_runtime.agent.spec import HttpCall, OpenApiCall, ToolSpec
from agent_runtime.tools.http import HttpTool, open_http
from agent_runtime.tools.interface import ToolResult
from agent_runtime.wire import Wire


class OpenApiTool:
    """One request per call, with the parameters and the body that the arguments give.

    Args:
        headers: sent with every call, the environment's values filled in already.
    """

    def __init__(
        self,
        operation: Operation,
        timeout_seconds: float,
        headers: Mapping[str, str],
        wire: Wire,
        *,
        sends_key: bool,
    ) -> None:
        self._operation = operation
        self._timeout_seconds = timeout_seconds
        self._headers = headers
        self._wire = wire
        self._sends_key = sends_key

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        """Send it once, under the rules of every HTTP tool."""
        request, values = request_of(self._operation, arguments, self._timeout_seconds)
        headers = {**request.headers, **self._headers}
        tool = HttpTool(request, headers, self._wire, sends_key=self._sends_key)
        return await tool.call(values, idempotency_key=idempotency_key)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()


def open_openapi(
    call: OpenApiCall, spec: ToolSpec, manifest: Manifest, environ: Mapping[str, str], wire: Wire
) -> OpenApiTool:
    """The tool, if its server is allowed and its headers' variables are set.

    Raises:
        InvalidInput
    """
    operation = read_operation(manifest.root, call, spec.name)
    template = HttpCall.model_validate(
        {"method": operation.method, "url": operation.server + "/", "headers": call.headers}
    )
    keyed = spec.idempotency == "key"
    http = open_http(template, spec.name, manifest.policy, environ, wire, sends_key=keyed)
    return OpenApiTool(operation, call.timeout_seconds, http.headers, wire, sends_key=keyed)
