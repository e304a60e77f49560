import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import assume, given
from hypothesis import strategies as st

from agent_runtime.agent.policy import Policy
from agent_runtime.agent.spec import HttpCall
from agent_runtime.errors import InvalidInput
from agent_runtime.tools.http import open_http, url_of
from agent_runtime.tools.interface import ToolResult
from agent_runtime.wire import Wire

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def echo(request: web.Request) -> web.Response:
    seen = {"method": request.method, "path": request.raw_path, "body": await request.text()}
    return web.json_response(
        seen | {"headers": {name.lower(): value for name, value in request.headers.items()}}
    )


def call(
    path: str,
    arguments: dict[str, Any],
    handler: Handler = echo,
    environ: dict[str, str] | None = None,
    sends_key: bool = False,
    **request: Any,
) -> ToolResult:
    """One call of a tool on a loopback server."""

    async def run() -> ToolResult:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        async with TestServer(app, host="127.0.0.1") as server:
            origin = f"http://127.0.0.1:{server.port}"
            written = HttpCall.model_validate({"url": origin + path, **request})
            policy = Policy(domains_allowlist=[origin])
            tool = open_http(written, "t", policy, environ or {}, Wire([origin]), sends_key=sends_key)
            try:
                return await tool.call(arguments, idempotency_key="key-1")
            finally:
                await tool.aclose()

    return asyncio.run(run())


def seen(path: str, arguments: dict[str, Any], **parts: Any) -> dict[str, Any]:
    result = call(path, arguments, **parts)
    assert result.ok, result.text
    got: dict[str, Any] = json.loads(result.text)
    return got


def test_get_puts_unnamed_arguments_into_the_query() -> None:
    got = seen("/orders/{{ id }}?v=1", {"id": 7, "tags": ["a b", "c"], "all": True})
    assert (got["method"], got["path"]) == ("GET", "/orders/7?v=1&tags=a+b&tags=c&all=true")
    assert got["body"] == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_changing_method_sends_the_arguments_as_its_body(method: str) -> None:
    got = seen("/orders", {"id": 7}, method=method)
    assert (got["path"], json.loads(got["body"])) == ("/orders", {"id": 7})
    assert got["headers"]["content-type"] == "application/json"


def test_a_body_template_is_filled() -> None:
    got = seen(
        "/o", {"id": 7, "why": 'say "no"'}, method="POST", body={"order": "{{ id }}", "note": "it: {{ why }}"}
    )
    assert json.loads(got["body"]) == {"order": 7, "note": 'it: say "no"'}


def test_headers_take_the_environment_and_arguments() -> None:
    headers = {"Authorization": "Bearer ${TOKEN}", "X-Order": "{{ id }}"}
    got = seen("/o", {"id": "a1"}, headers=headers, environ={"TOKEN": "s3cret"})
    assert (got["headers"]["authorization"], got["headers"]["x-order"]) == ("Bearer s3cret", "a1")
    assert got["path"] == "/o"


def test_an_argument_cannot_ask_for_the_environment() -> None:
    got = seen("/o", {"id": "${TOKEN}"}, headers={"X-Order": "{{ id }}"}, environ={"TOKEN": "s3cret"})
    assert got["headers"]["x-order"] == "${TOKEN}"


def test_an_argument_cannot_end_a_header() -> None:
    result = call("/o", {"id": "a\r\nX-Evil: 1"}, headers={"X-Order": "{{ id }}"})
    assert not result.ok
    assert "control" in result.text


@pytest.mark.parametrize(("method", "sent"), [("POST", "key-1"), ("DELETE", "key-1"), ("GET", None)])
def test_the_idempotency_key_goes_with_what_changes_something(method: str, sent: str | None) -> None:
    assert seen("/o", {}, method=method, sends_key=True)["headers"].get("idempotency-key") == sent


def test_without_declared_idempotency_no_key_is_sent() -> None:
    assert "idempotency-key" not in seen("/o", {}, method="POST")["headers"]


@pytest.mark.parametrize(
    ("status", "text"), [(404, "HTTP 404: no such order"), (500, "HTTP 500: no such order")]
)
def test_an_error_status_is_a_failure_the_model_can_read(status: int, text: str) -> None:
    async def fail(request: web.Request) -> web.Response:
        return web.Response(status=status, text="no such\n order")

    result = call("/o", {}, handler=fail)
    assert (result.ok, result.text) == (False, text)


def test_a_redirect_to_loopback_is_not_followed() -> None:
    visited: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        visited.append(request.path)
        raise web.HTTPFound("http://127.0.0.1:1/admin")

    result = call("/o", {}, handler=elsewhere)
    assert (result.ok, result.text) == (False, "HTTP 302: redirects are not followed")
    assert visited == ["/o"]


def test_a_server_that_hangs_is_a_failure() -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    result = call("/o", {}, handler=hang, timeout_seconds=0.05)
    assert (result.ok, result.text) == (False, "error: no answer within 0.05 s")


def test_a_missing_argument_is_a_failure_that_names_it() -> None:
    result = call("/orders/{{ id }}", {})
    assert not result.ok
    assert "'{{ id }}' has no value" in result.text


@pytest.mark.parametrize("hostile", ["", ".", "..", "../admin", "a/../../b", "..\\x", "//evil.example"])
def test_an_argument_cannot_step_through_folders(hostile: str) -> None:
    result = call("/orders/{{ id }}/refund", {"id": hostile})
    assert not result.ok
    assert "cannot stand in a path" in result.text


@given(st.text(min_size=1), st.text())
def test_no_argument_changes_the_structure_of_a_url(in_path: str, in_query: str) -> None:
    request = HttpCall(url="https://api.example.com/orders/{{ id }}/refund?q={{ q }}&fixed=1")
    assume(not {"", ".", ".."} & set(in_path.replace("\\", "/").split("/")))
    parts = urlsplit(url_of(request, {"id": in_path, "q": in_query}))
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example.com", "")
    assert (parts.path.count("/"), parts.path.endswith("/refund")) == (3, True)
    assert parse_qs(parts.query, keep_blank_values=True).keys() == {"q", "fixed"}


def refused(request: dict[str, Any], allowlist: list[str], environ: dict[str, str] | None = None) -> str:
    policy = Policy(domains_allowlist=allowlist)
    with pytest.raises(InvalidInput) as caught:
        open_http(HttpCall.model_validate(request), "t", policy, environ or {}, Wire([]), sends_key=False)
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://{{ host }}/x", "https://api.{{ zone }}.example/x", "{{ url }}", "https://a.example{{ path }}"],
)
def test_an_argument_may_not_choose_the_host(url: str) -> None:
    assert "does not begin with a host that is written out" in refused({"url": url}, ["*"])


def test_a_host_that_is_not_allowed_is_refused_before_any_run() -> None:
    said = refused({"url": "https://api.example.com/x"}, ["*.example.com.evil"])
    assert "api.example.com is not in domains_allowlist" in said
    assert 'add the host, or "https://api.example.com"' in said


def test_a_header_variable_that_is_not_set_is_named() -> None:
    said = refused({"url": "https://a.example/", "headers": {"X": "${TOKEN}"}}, ["a.example"])
    assert "TOKEN is not set" in said
