"""A small agent behind HTTP, for tests: answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Asked:
    """One request the endpoint received."""

    path: str
    headers: Mapping[str, str]
    body: Any


Answer = Callable[[Asked], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class AgentEndpoint:
    """A running endpoint: where it is, and every request so far."""

    url: str
    asked: list[Asked] = field(default_factory=list)


def says(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An endpoint that always answers this, as JSON."""

    async def answer(_: Asked) -> web.StreamResponse:
        return web.json_response(data, status=status, headers=headers)

    return answer


def says_text(text: str, content_type: str = "application/json", status: int = 200) -> Answer:
    """An endpoint that always answers exactly this text."""

    async def answer(_: Asked) -> web.StreamResponse:
        return web.Response(text=text, content_type=content_type, status=status)

    return answer


@asynccontextmanager
async def agent_endpoint(answer: Answer) -> AsyncIterator[AgentEndpoint]:
    """Serve `answer` on a free loopback port."""
    endpoint = AgentEndpoint("")

    async def handle(request: web.Request) -> web.StreamResponse:
        text = await request.text()
        asked = Asked(request.raw_path, dict(request.headers), json.loads(text) if text else None)
        endpoint.asked.append(asked)
        return await answer(asked)

    app = web.Application(client_max_size=20_000_000)
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield endpoint
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_endpoint(*parts: bytes, pause: float = 0.0) -> AsyncIterator[AgentEndpoint]:
    """Write `parts` to whoever sends a request, `pause` seconds apart, then hang up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(65_536)
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield AgentEndpoint(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        server.close()
