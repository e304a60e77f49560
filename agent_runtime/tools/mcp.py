"""Tools of MCP servers: one server, one session, shared by every tool that names it.

The model reads what agent.yaml says about a tool; the server's own words are only compared with their pin.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from mcp import ClientSession, MCPError
from mcp_types import (
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    PaginatedRequestParams,
    TextContent,
    TextResourceContents,
    ToolListChangedNotification,
)

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.spec import McpTool, ToolSpec
from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.placeholders import CannotFill, fill_environment
from agent_runtime.guard.egress import Refusal, check_url
from agent_runtime.tools.interface import ToolResult
from agent_runtime.tools.mcp_links import MAX_MESSAGE_BYTES, Link, http_link, process_link
from agent_runtime.tools.mcp_pins import OfferedTool, why_not_offered, why_not_usable
from agent_runtime.tools.outcome import capped, failed, ms_since
from agent_runtime.wire import Wire

MAX_STARTS = 4
"""Starts of one server in one run of the target: a server that keeps dying is broken, not unlucky."""
START_SECONDS = 30.0
"""Its first start may download it, as `npx` and `uvx` do."""
_MAX_PAGES = 50
"""Of a list of tools, whose cursor need never end (https://modelcontextprotocol.io/specification/2025-06-18/server/utilities/pagination)."""

T = TypeVar("T")
OpenLink = Callable[[], AbstractAsyncContextManager[Link]]


class NoSession(Exception):
    """The server could not be started, or gave no session."""


@dataclass
class _Session:
    """One session of a server. A `number` is given once, so that a tool knows which offer it checked."""

    client: ClientSession
    link: Link
    offers: Mapping[str, OfferedTool]
    number: int
    stale: bool = False


class McpServer:
    """A server that is started when it is first needed, and again if it died.

    Its session lives in a task of its own, because it must be closed by the task that opened it.

    Args:
        name: the command or URL, as agent.yaml writes it.
    """

    def __init__(self, name: str, open_link: OpenLink, start_seconds: float = START_SECONDS) -> None:
        self.name = name
        self._open_link = open_link
        self._start_seconds = start_seconds
        self._lock = asyncio.Lock()
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._session: _Session | None = None
        self._starts = 0
        self._numbers = 0

    async def session(self) -> _Session:
        """The session, alive as far as is known, with what the server offers now.

        Raises:
            NoSession
        """
        async with self._lock:
            if self._session is not None and self._session.link.lost:
                await self._end()
            if self._session is None:
                self._session = await self._start()
            elif self._session.stale:
                self._session.offers = await _offers(self._session.client)
                self._session.stale = False
                # Another offer than the one that the tools compared with their pins: each looks again.
                self._session.number = self._next_number()
            return self._session

    async def aclose(self) -> None:
        """Stop it. Closing twice is no error."""
        async with self._lock:
            await self._end()

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    async def _start(self) -> _Session:
        if self._starts == MAX_STARTS:
            raise NoSession(f"it died {MAX_STARTS} times")
        self._starts += 1
        self._over = asyncio.Event()
        ready: asyncio.Future[_Session] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(ready, self._over))
        return await ready

    async def _end(self) -> None:
        self._over.set()
        task, self._task, self._session = self._task, None, None
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    async def _hold(self, ready: asyncio.Future[_Session], over: asyncio.Event) -> None:
        """Open a session, hand it over, and keep it until it is over."""
        link: Link | None = None
        try:
            async with (
                self._open_link() as link,
                ClientSession(link.read, link.write, message_handler=self._hear) as client,
            ):
                async with asyncio.timeout(self._start_seconds):
                    await client.initialize()
                    offers = await _offers(client)
                ready.set_result(_Session(client, link, offers, self._next_number()))
                await over.wait()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's server makes the SDK raise
            # Once it was handed over nobody waits here: what breaks then shows in the next call.
            if not ready.done():
                ready.set_exception(NoSession(self._why_not(error, link)))
        finally:
            if link is not None:
                link.lost = True

    async def _hear(self, message: object) -> None:
        """Notice that the server's tools changed; the next call looks at them again."""
        if isinstance(message, ToolListChangedNotification) and self._session is not None:
            self._session.stale = True

    def _why_not(self, error: Exception, link: Link | None) -> str:
        error = _innermost(error)
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            return f"it cannot be started: {error.strerror or type(error).__name__}"
        said = _last_words_of(link)
        if isinstance(error, TimeoutError):
            return f"it did not answer as an MCP server within {self._start_seconds:g} s{said}"
        return f"it gave no session: {_one_line(error)}{said}"


async def _offers(client: ClientSession) -> Mapping[str, OfferedTool]:
    """Every tool of the server, page by page."""
    offers: dict[str, OfferedTool] = {}
    cursor: str | None = None
    for _ in range(_MAX_PAGES):
        page = await client.list_tools(params=PaginatedRequestParams(cursor=cursor) if cursor else None)
        for tool in page.tools:
            offers[tool.name] = OfferedTool(tool.name, tool.description or "", tool.input_schema)
        cursor = page.next_cursor
        if cursor is None:
            break
    return offers


def _last_words_of(link: Link | None) -> str:
    return f"; the last of it: {link.last_words}" if link is not None and link.last_words else ""


def _innermost(error: Exception) -> Exception:
    """The error itself; of a group, the first inside."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _one_line(error: Exception) -> str:
    """What an error says, escaped."""
    error = _innermost(error)
    said = error.message if isinstance(error, MCPError) else f"{type(error).__name__}: {error}"
    return ascii(said[:300])[1:-1]


class McpServerTool:
    """One tool of a server, called only while the server offers what agent.yaml was written for."""

    def __init__(self, spec: ToolSpec, wanted: McpTool, server: McpServer) -> None:
        self.wanted = wanted
        self._spec = spec
        self._server = server
        self._checked: int | None = None

    async def start(self) -> None:
        """Start the server, unless another tool did, and compare what it offers.

        Raises:
            InvalidInput: there is no server, or it offers something else.
        """
        problem = await self._reached(self._problem())
        if problem is not None:
            raise InvalidInput([problem])

    async def offered(self) -> OfferedTool:
        """What the server offers under the tool's name today, pinned or not.

        Raises:
            InvalidInput: there is no server, or it offers no such tool.
        """
        offers = (await self._reached(self._server.session())).offers
        if (problem := why_not_offered(self._spec, self.wanted, offers)) is not None:
            raise InvalidInput([problem])
        return offers[self.wanted.tool]

    async def _reached(self, asking: Awaitable[T]) -> T:
        try:
            return await asking
        except NoSession as error:
            what = f"tool '{self._spec.name}' has no MCP server at '{self._server.name}': {error}"
            raise InvalidInput.one("agent.yaml", what, "try the command or URL by hand") from None

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        """Do it once. MCP has no idempotency key, so none is sent."""
        start = time.perf_counter()
        try:
            problem = await self._problem()
            if problem is not None:
                return failed(problem.what, ms_since(start))
            session = await self._server.session()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's server makes the SDK raise
            return failed(f"the MCP server is not there: {_one_line(error)}", ms_since(start))
        return await self._called(session, arguments, start)

    async def _called(self, session: _Session, arguments: Mapping[str, Any], start: float) -> ToolResult:
        try:
            result = await asyncio.wait_for(
                session.client.call_tool(self.wanted.tool, dict(arguments)), self.wanted.timeout_seconds
            )
        except TimeoutError:
            return failed(f"no answer within {self.wanted.timeout_seconds:g} s", ms_since(start))
        except Exception as error:  # noqa: BLE001 - whatever a stranger's server makes the SDK raise
            return failed(
                f"the MCP server failed: {_one_line(error)}{_last_words_of(session.link)}", ms_since(start)
            )
        return _result_of(result, ms_since(start))

    async def aclose(self) -> None:
        """Stop the server, once for all tools that share it."""
        await self._server.aclose()

    async def _problem(self) -> Problem | None:
        """Why the tool may not be called on what the server offers now; looked at once per offer."""
        session = await self._server.session()
        if session.number == self._checked:
            return None
        problem = why_not_usable(self._spec, self.wanted, session.offers)
        self._checked = session.number if problem is None else None
        return problem


def _result_of(result: CallToolResult, latency_ms: float) -> ToolResult:
    text = "\n".join(map(_block_as_text, result.content))
    if not text and result.structured_content is not None:
        text = json.dumps(result.structured_content, ensure_ascii=False)
    if result.is_error:
        return failed(text or "the tool failed and did not say why", latency_ms)
    return ToolResult(capped(text), latency_ms=latency_ms)


def _block_as_text(block: ContentBlock) -> str:
    """A block as text; what is none is named instead."""
    if isinstance(block, TextContent):
        return block.text
    if isinstance(block, EmbeddedResource) and isinstance(block.resource, TextResourceContents):
        return block.resource.text
    return f"[{block.type}, not shown]"


class McpServers:
    """The servers of one run of the target, one for each distinct command or URL."""

    def __init__(self, manifest: Manifest, environ: Mapping[str, str]) -> None:
        self._manifest = manifest
        self._environ = environ
        self._servers: dict[str, McpServer] = {}

    def tool(self, spec: ToolSpec, wanted: McpTool) -> McpServerTool:
        """The tool, its server not started yet.

        Raises:
            InvalidInput: its URL is not allowed, or a variable is not set, or it declares a key.
        """
        if spec.idempotency == "key":
            what = f"tool '{spec.name}' says  idempotency: \"key\", but an MCP call carries no key"
            raise InvalidInput.one(
                "agent.yaml", what, 'write "natural" if a repeat does no harm, else "none"'
            )
        # Another variable or header may mean another account, and so another server.
        same = wanted.model_dump_json(include={"command", "url", "env", "headers"})
        if same not in self._servers:
            self._servers[same] = self._server(spec, wanted)
        return McpServerTool(spec, wanted, self._servers[same])

    def _server(self, spec: ToolSpec, wanted: McpTool) -> McpServer:
        added = self._filled(spec, wanted.env or wanted.headers)
        if wanted.url is None:
            folder, words = self._manifest.root, wanted.words
            return McpServer(wanted.command or "", lambda: process_link(words, folder, added, self._environ))
        url = wanted.url
        allowlist = self._manifest.policy.domains_allowlist
        if isinstance(checked := check_url(url, allowlist), Refusal):
            what = f"the MCP server of tool '{spec.name}' may not be reached: {checked.reason}"
            raise InvalidInput.one(
                "policy.yaml", what, "add its host, or its full origin, to  domains_allowlist:"
            )
        return McpServer(url, lambda: _over_http(url, added, allowlist, wanted.timeout_seconds))

    def _filled(self, spec: ToolSpec, templates: Mapping[str, str]) -> dict[str, str]:
        try:
            return {name: fill_environment(value, self._environ) for name, value in templates.items()}
        except CannotFill as error:
            raise InvalidInput.one("environment", f"{error} (tool '{spec.name}')", "export it") from None


@asynccontextmanager
async def _over_http(
    url: str, headers: Mapping[str, str], allowlist: Sequence[str], timeout_seconds: float
) -> AsyncIterator[Link]:
    wire = Wire(allowlist, max_body_bytes=MAX_MESSAGE_BYTES)
    try:
        async with http_link(url, headers, wire, timeout_seconds) as link:
            yield link
    finally:
        await wire.aclose()
