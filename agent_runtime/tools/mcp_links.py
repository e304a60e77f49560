"""Connections to MCP servers, bounded and watched: a process of our own, or HTTP through our wire."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import httpx2
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from agent_runtime.wire import NotAnswered, Wire

MAX_MESSAGE_BYTES = 10_000_000
MAX_GARBAGE_LINES = 1_000
"""Lines on stdout that are no message: a few are a forgotten print, this many are no server."""
GRACE_SECONDS = 2.0
_LONGEST_WORDS = 500
# What the SDK lets through, and the locale:
# https://github.com/modelcontextprotocol/python-sdk/blob/main/src/mcp/client/stdio.py
_INHERITED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER")

_Incoming = MemoryObjectSendStream[SessionMessage | Exception]
_Outgoing = MemoryObjectReceiveStream[SessionMessage]


@dataclass
class Link:
    """A connection's two streams, and what is known about its end.

    Attributes:
        lost: True once no further answer can come over it.
        noted: what it did wrong, newest last; hostile text.
    """

    read: MemoryObjectReceiveStream[SessionMessage | Exception]
    write: MemoryObjectSendStream[SessionMessage]
    lost: bool = False
    noted: deque[str] = field(default_factory=lambda: deque(maxlen=5))

    @property
    def last_words(self) -> str:
        """What was noted, in one escaped line; "" if nothing was."""
        return ascii(" · ".join(self.noted)[-_LONGEST_WORDS:])[1:-1]


@asynccontextmanager
async def process_link(
    words: Sequence[str], folder: Path, added: Mapping[str, str], environ: Mapping[str, str]
) -> AsyncIterator[Link]:
    """A server process in a group of its own, stopped with everything it started.

    It sees `added` and the few variables every program needs, not the keys of this process.

    Raises:
        OSError: it cannot be started.
    """
    inherited = {name: environ[name] for name in _INHERITED if name in environ}
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={**inherited, **added},
        start_new_session=True,  # whose id is the process's own: what it starts can be stopped with it
        limit=MAX_MESSAGE_BYTES,
    )
    deliver, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, collect = anyio.create_memory_object_stream[SessionMessage](0)
    link = Link(read, write)
    tasks = [
        asyncio.create_task(_deliver(process, deliver, link)),
        asyncio.create_task(_send(process, collect, link)),
        asyncio.create_task(_listen(process, link)),
    ]
    try:
        yield link
    finally:
        await _stop(process)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in (deliver, read, write, collect):
            stream.close()


async def _deliver(process: asyncio.subprocess.Process, deliver: _Incoming, link: Link) -> None:
    """Hand on every message until the process says no more; what is no message is noted and skipped."""
    garbage = 0
    try:
        with deliver:
            while garbage < MAX_GARBAGE_LINES and (line := await _line(process, link)):
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:
                    garbage += bool(line.strip())
                    if line.strip():
                        shown = line[:80].decode("utf-8", "replace").strip()
                        link.noted.append(f"wrote what is no MCP message: {shown}")
                    continue
                await deliver.send(SessionMessage(message))
    except anyio.BrokenResourceError:
        return  # the session is closing
    finally:
        link.lost = True


async def _line(process: asyncio.subprocess.Process, link: Link) -> bytes:
    """The next line; empty at the end, and after one that is too long, since its rest cannot be told apart."""
    if process.stdout is None:
        raise AssertionError("unreachable: stdout is a pipe")
    try:
        return await process.stdout.readline()
    except ValueError:
        link.noted.append(f"sent a message larger than {MAX_MESSAGE_BYTES // 1_000_000} MB")
        return b""


async def _send(process: asyncio.subprocess.Process, collect: _Outgoing, link: Link) -> None:
    if process.stdin is None:
        raise AssertionError("unreachable: stdin is a pipe")
    try:
        async with collect:
            async for outgoing in collect:
                text = outgoing.message.model_dump_json(by_alias=True, exclude_unset=True)
                process.stdin.write(text.encode() + b"\n")
                await process.stdin.drain()
    except OSError:
        link.lost = True  # its stdin is closed


async def _listen(process: asyncio.subprocess.Process, link: Link) -> None:
    """Drain stderr, where servers log, keeping its last lines."""
    if process.stderr is None:
        raise AssertionError("unreachable: stderr is a pipe")
    while chunk := await process.stderr.read(65_536):
        link.noted.extend(chunk[-2000:].decode("utf-8", "replace").split("\n")[-5:])


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Close its stdin, as the protocol asks; then SIGTERM and SIGKILL, each to the whole group.

    https://modelcontextprotocol.io/specification/2025-06-18/basic/lifecycle#stdio
    """
    if process.stdin is not None:
        process.stdin.close()
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            _signal_group(process, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
            break
    _signal_group(process, signal.SIGKILL)  # what it left behind
    # A descendant that left the group may hold the pipes open for ever; asyncio has no public way to close them.
    process._transport.close()  # type: ignore[attr-defined]
    await asyncio.sleep(0)


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@asynccontextmanager
async def http_link(
    url: str, headers: Mapping[str, str], wire: Wire, timeout_seconds: float
) -> AsyncIterator[Link]:
    """A session over HTTP, under the same egress rules and size cap as every other request."""
    transport = _OverWire(wire, timeout_seconds)
    async with (
        httpx2.AsyncClient(transport=transport, headers=dict(headers), trust_env=False) as client,
        streamable_http_client(url, http_client=client) as (read, write),
    ):
        link = Link(read, write)  # type: ignore[arg-type]  # the SDK's streams carry a context, and are alike
        transport.link = link
        yield link


class _OverWire(httpx2.AsyncBaseTransport):
    """Sends the SDK's requests over our wire, each answer read whole."""

    def __init__(self, wire: Wire, timeout_seconds: float) -> None:
        self._wire = wire
        self._timeout_seconds = timeout_seconds
        self.link: Link | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer; that there is none is said in MCP's own form, so that the session survives it."""
        if request.method == "GET":
            return httpx2.Response(405)  # a standing stream of what the server likes to tell: not wanted
        headers = {name: value for name, value in request.headers.items() if name not in _WIRE_SETS}
        try:
            answer = await self._wire.send(
                request.method,
                str(request.url),
                headers=headers,
                body=await request.aread() or None,
                timeout_seconds=self._timeout_seconds,
            )
        except NotAnswered as error:
            self._note(str(error))
            return httpx2.Response(502, json=_error(str(error)))
        if answer.status == 404 and self.link is not None:
            self.link.lost = True  # how a server says that it forgot the session
        kept = {name: answer.headers[name] for name in _SDK_READS if name in answer.headers}
        return httpx2.Response(answer.status, headers=kept, content=answer.body)

    def _note(self, what: str) -> None:
        if self.link is not None:
            self.link.noted.append(what)


_WIRE_SETS = {"host", "content-length", "accept-encoding", "connection", "transfer-encoding"}
# https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#streamable-http
_SDK_READS = ("content-type", "mcp-session-id", "location")


def _error(reason: str) -> dict[str, object]:
    # The first of the codes left to servers: https://www.jsonrpc.org/specification#error_object
    return {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": reason}}
