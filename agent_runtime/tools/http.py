"""Tools that are one HTTP request, sent only where the policy's allow-list says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from agent_runtime.agent.policy import Policy
from agent_runtime.agent.spec import HttpCall
from agent_runtime.errors import InvalidInput
from agent_runtime.files.placeholders import CannotFill, as_text, fill, fill_environment, fill_text, names_in
from agent_runtime.guard.egress import Refusal, check_url
from agent_runtime.tools.interface import ToolResult
from agent_runtime.tools.outcome import capped, failed
from agent_runtime.wire import NotAnswered, Response, Wire

_ORIGIN = re.compile(r"https?://[^/?#{}]+(?=[/?#]|$)", re.IGNORECASE)
_SENDS_ARGUMENTS = {"POST", "PUT", "PATCH"}
_CHANGES_NOTHING = {"GET", "HEAD"}
"""The safe methods that a tool may have: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1"""
_SEPARATORS = re.compile(r"[/\\]")


class HttpTool:
    """One request per call.

    Args:
        headers: with the environment's values filled in already.
        sends_key: send `Idempotency-Key` with a request that changes something.
    """

    def __init__(self, request: HttpCall, headers: Mapping[str, str], wire: Wire, *, sends_key: bool) -> None:
        self.headers = headers
        self._request = request
        self._wire = wire
        self._sends_key = sends_key and request.method not in _CHANGES_NOTHING

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        """Send it once. A status of 300 or more is a failure; no redirect is followed."""
        try:
            url = url_of(self._request, arguments)
            headers = self._filled_headers(arguments)
            body = _body_of(self._request, arguments)
        except (CannotFill, _Unsendable) as error:
            return failed(str(error), 0.0)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if self._sends_key:
            headers["Idempotency-Key"] = idempotency_key
        try:
            response = await self._wire.send(
                self._request.method,
                url,
                headers=headers,
                body=body,
                timeout_seconds=self._request.timeout_seconds,
            )
        except NotAnswered as error:
            word = "denied" if error.kind == "refused" else "error"
            return failed(f"{word}: {error}", error.latency_ms)
        return _result_of(response)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    def _filled_headers(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        headers = {name: fill_text(value, arguments) for name, value in self.headers.items()}
        for name, value in headers.items():
            if not value.isascii() or not value.isprintable():
                raise _Unsendable(f"header '{name}' would hold a control or non-ASCII character")
        return headers


class _Unsendable(ValueError):
    """The arguments do not make a request."""


def open_http(
    request: HttpCall, tool: str, policy: Policy, environ: Mapping[str, str], wire: Wire, *, sends_key: bool
) -> HttpTool:
    """The tool, if its host is literal, allowed, and its headers' variables are set.

    Raises:
        InvalidInput
    """
    origin = _ORIGIN.match(request.url)
    if origin is None:
        raise InvalidInput.one(
            "agent.yaml",
            f"the url of tool '{tool}' does not begin with a host that is written out",
            "write  https://host/path/{{ argument }} : an argument may not choose the host",
        )
    checked = check_url(origin[0] + "/", policy.domains_allowlist)
    if isinstance(checked, Refusal):
        raise InvalidInput.one(
            "policy.yaml",
            f"tool '{tool}' may not be called: {checked.reason}",
            f'add the host, or "{origin[0]}", to  domains_allowlist:',
        )
    try:
        headers = {name: fill_environment(value, environ) for name, value in request.headers.items()}
    except CannotFill as error:
        raise InvalidInput.one("environment", f"{error} (a header of tool '{tool}')", "export it") from None
    return HttpTool(request, headers, wire, sends_key=sends_key)


def url_of(request: HttpCall, arguments: Mapping[str, Any]) -> str:
    """The URL: arguments fill its placeholders percent-encoded; those it does not name go to the query.

    (Not for POST, PUT and PATCH, which send them in the body.) A value can neither leave its place in
    the path or query, nor step out of its folder, nor choose the host.

    Raises:
        CannotFill, _Unsendable
    """
    path, question, query = request.url.partition("?")
    for name in names_in(path) & arguments.keys():
        _refuse_steps(name, as_text(arguments[name]))
    url = fill_text(path, arguments, _encoded) + question + fill_text(query, arguments, _encoded)
    if request.method in _SENDS_ARGUMENTS:
        return url
    used = names_in([request.url, request.body, *request.headers.values()])
    rest = {name: _query_values(value) for name, value in arguments.items() if name not in used}
    added = urlencode(rest, doseq=True, errors="replace")
    return url + ("&" if question else "?") + added if added else url


def _refuse_steps(name: str, value: str) -> None:
    # Percent-encoding does not help: servers take %2e%2e for .. too (https://url.spec.whatwg.org/#double-dot-path-segment).
    if any(part in {"", ".", ".."} for part in _SEPARATORS.split(value)):
        raise _Unsendable(f"argument '{name}' cannot stand in a path: it is empty, or steps between folders")


def _encoded(value: str) -> str:
    return quote(value, safe="", errors="replace")


def _query_values(value: Any) -> list[str]:
    return [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)]


def _body_of(request: HttpCall, arguments: Mapping[str, Any]) -> bytes | None:
    if request.body is not None:
        return json.dumps(fill(request.body, arguments)).encode()
    return json.dumps(dict(arguments)).encode() if request.method in _SENDS_ARGUMENTS else None


def _result_of(response: Response) -> ToolResult:
    text = response.text()
    if response.status < 300:
        return ToolResult(capped(text), latency_ms=response.latency_ms)
    said = "redirects are not followed" if response.status < 400 else " ".join(text[:2000].split())
    return failed(f"HTTP {response.status}: {said}", response.latency_ms)
