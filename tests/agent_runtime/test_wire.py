import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from agent_runtime.wire import NotAnswered, Response, Wire

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The origin of a loopback server that answers everything with `handler`."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}"


async def echo(request: web.Request) -> web.Response:
    seen = {"host": request.host, "path": request.raw_path, "body": await request.text(), **request.headers}
    return web.json_response(seen, headers={"Set-Cookie": "a=b"})


class FakeResolver(AbstractResolver):
    """Answers with the next of its lists of addresses, and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        """Nothing to release."""


async def get(wire: Wire, url: str, **parts: Any) -> Response:
    arguments: Mapping[str, Any] = {"headers": {}, "timeout_seconds": 5, **parts}
    try:
        return await wire.send("GET", url, **arguments)
    finally:
        await wire.aclose()


async def refusal(wire: Wire, url: str, **parts: Any) -> NotAnswered:
    with pytest.raises(NotAnswered) as caught:
        await get(wire, url, **parts)
    return caught.value


def test_an_allowed_origin_is_reached_with_exactly_the_url_asked_for() -> None:
    async def run() -> Response:
        async with serving(echo) as origin:
            return await get(Wire([origin]), f"{origin}/a%2Fb/../c?q=%7B&x=1+2")

    response = asyncio.run(run())
    assert response.status == 200
    assert '"path": "/a%2Fb/../c?q=%7B&x=1+2"' in response.text()
    assert response.headers["content-type"].startswith("application/json")
    assert response.latency_ms > 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9/", "list its full origin"),
        ("https://evil.example/", "not in domains_allowlist"),
        ("http://user@127.0.0.1:1/", "user name"),
        ("file:///etc/passwd", "scheme"),
    ],
)
def test_what_is_not_allowed_is_not_connected_to(url: str, says: str) -> None:
    error = asyncio.run(refusal(Wire(["http://127.0.0.1:1", "ok.example"]), url))
    assert error.kind == "refused"
    assert says in str(error)


def test_a_redirect_is_handed_back_not_followed() -> None:
    visited: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        visited.append(request.path)
        raise web.HTTPFound("/internal")

    async def run() -> Response:
        async with serving(elsewhere) as origin:
            return await get(Wire([origin]), f"{origin}/start")

    assert asyncio.run(run()).status == 302
    assert visited == ["/start"]


def test_a_public_name_at_a_private_address_is_refused() -> None:
    resolver = FakeResolver(["127.0.0.1"])
    error = asyncio.run(refusal(Wire(["api.example.com"], resolver=resolver), "https://api.example.com/"))
    assert (error.kind, resolver.asked) == ("refused", 1)
    assert "not a public address" in str(error)


def test_a_name_that_turns_private_later_is_refused_then() -> None:
    """Rebinding: what is connected to is always the address that was checked."""

    async def run(origin: str, resolver: FakeResolver) -> tuple[int, NotAnswered]:
        wire = Wire([origin], resolver=resolver)
        first = await get(wire, f"{origin}/")
        return first.status, await refusal(wire, f"{origin}/")

    async def both() -> tuple[int, NotAnswered]:
        async with serving(echo) as origin:
            named = origin.replace("127.0.0.1", "app.example.com")
            return await run(named, FakeResolver(["127.0.0.1"], ["169.254.169.254"]))

    status, error = asyncio.run(both())
    assert status == 200
    assert error.kind == "refused"


def test_of_mixed_addresses_only_the_vetted_one_is_connected_to() -> None:
    async def run() -> Response:
        async with serving(echo) as origin:
            named = origin.replace("127.0.0.1", "app.example.com")
            resolver = FakeResolver(["169.254.169.254", "127.0.0.1"])
            return await get(Wire([named], resolver=resolver), f"{named}/")

    response = asyncio.run(run())
    assert '"host": "app.example.com:' in response.text()


def test_a_name_without_addresses_cannot_be_connected_to() -> None:
    wire = Wire(["api.example.com"], resolver=FakeResolver([]))
    assert asyncio.run(refusal(wire, "https://api.example.com/")).kind == "connection"


async def hang(request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


def test_a_server_that_hangs_is_given_up() -> None:
    async def run() -> NotAnswered:
        async with serving(hang) as origin:
            return await refusal(Wire([origin]), f"{origin}/", timeout_seconds=0.05)

    error = asyncio.run(run())
    assert (error.kind, str(error)) == ("timeout", "no answer within 0.05 s")


def test_no_time_left_is_a_timeout_not_for_ever() -> None:
    async def run() -> NotAnswered:
        async with serving(hang) as origin:
            return await refusal(Wire([origin]), f"{origin}/", timeout_seconds=0)

    assert asyncio.run(run()).kind == "timeout"


def test_a_body_beyond_the_cap_is_not_read_to_its_end() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 1000)
        return response

    async def run() -> NotAnswered:
        async with serving(endless) as origin:
            return await refusal(Wire([origin], max_body_bytes=5000), f"{origin}/")

    assert asyncio.run(run()).kind == "oversize"


def test_compressed_bytes_are_not_unpacked() -> None:
    async def bomb(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        return web.Response(body=b"\x1f\x8b-packed", headers={"Content-Encoding": "gzip"})

    async def run() -> Response:
        async with serving(bomb) as origin:
            return await get(Wire([origin]), f"{origin}/")

    assert asyncio.run(run()).body == b"\x1f\x8b-packed"


def test_a_server_that_dies_is_a_connection_error() -> None:
    async def die(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def run() -> NotAnswered:
        async with serving(die) as origin:
            return await refusal(Wire([origin]), f"{origin}/")

    assert asyncio.run(run()).kind == "connection"


def test_nobody_listening_is_a_connection_error_that_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
    error = asyncio.run(refusal(Wire([origin]), f"{origin}/"))
    assert error.kind == "connection"
    assert "cannot connect" in str(error)


def test_a_header_with_a_line_end_is_not_sent() -> None:
    async def run() -> NotAnswered:
        async with serving(echo) as origin:
            return await refusal(Wire([origin]), f"{origin}/", headers={"X-A": "b\r\nX-Evil: 1"})

    assert asyncio.run(run()).kind == "connection"


def test_cookies_are_not_kept() -> None:
    async def run() -> str:
        async with serving(echo) as origin:
            wire = Wire([origin])
            await wire.send("GET", origin, headers={}, timeout_seconds=5)
            return (await get(wire, origin)).text()

    assert "Cookie" not in asyncio.run(run())


def test_closing_twice_or_unused_is_no_error() -> None:
    async def run() -> None:
        wire = Wire([])
        await wire.aclose()
        await wire.aclose()

    asyncio.run(run())
