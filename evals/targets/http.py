"""An agent behind an HTTP endpoint: send a request per turn, read the reply. aiohttp lives here alone."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from agent_runtime.errors import CannotMeasure, InvalidInput, Problem
from agent_runtime.files.documents import Document, canonical_json
from agent_runtime.files.json_path import parse_path
from agent_runtime.files.placeholders import fill_text, names_in
from evals.results.records import Attempt
from evals.suite.suite import EvalCase, Suite
from evals.suite.suite_file import HttpTarget
from evals.targets.exchange.conversation import conversation_problems, hold_conversation, values_of
from evals.targets.exchange.reply import (
    MAX_ANSWER_BYTES,
    PATH_KEYS,
    Received,
    Reply,
    ReplyPaths,
    UnusableAnswer,
    read_reply,
    too_large,
)
from evals.targets.exchange.request import (
    Address,
    Request,
    names_asked_for,
    quoted,
    ready_url,
    request_problems,
    request_template,
)
from evals.targets.process.server import CannotStart, ServerCommand, command_words, wait_until

_CONNECT_SECONDS = 10.0
_PROBE_SECONDS = 2.0
_LINK_NAMES = frozenset({"trace_id", "case_id", "sample_index", "seed", "session_id"})


class HttpAgent:
    """The target `http:` of a suite. See `evals.targets.interface.Target`.

    Samples are independent: no cookies are kept between requests. Redirects and proxies of the
    environment are not followed, so that what answers is what the suite names.
    """

    model: str | None = None
    worst_case_usd: float | None = None

    def __init__(self, suite: Suite, *, concurrency: int, environ: Mapping[str, str]) -> None:
        """Check the target and prepare everything that is the same for every request.

        Raises:
            InvalidInput: with every problem of the target and of cases it cannot carry.
        """
        written = suite.target.http
        if written is None:
            raise ValueError("the suite has no http target")
        if problems := target_problems(suite, written, environ):
            raise InvalidInput(problems)
        self._template = request_template(written, environ)
        self._written = written
        self._suite = suite
        self._environ = environ
        self._concurrency = concurrency
        self._address = Address.of(written.url)
        self._url = URL(written.url) if not names_in(written.url) else None
        self._paths = ReplyPaths.of(written)
        self._closing = AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None
        self._server: ServerCommand | None = None
        self.simulated = written.simulated
        self.fingerprint: str | None = fingerprint(written)
        self.agent: str | None = _label(written.url)

    async def __aenter__(self) -> Self:
        """Open the connections, start the command if there is one, and wait until the target is ready.

        Raises:
            InvalidInput, CannotMeasure
        """
        async with AsyncExitStack() as opening:
            self._session = await opening.enter_async_context(_session(self._concurrency, self._written))
            if self._written.start is not None:
                self._server = await self._serve(opening, self._written.start)
            elif self._written.ready is not None and not await wait_until(
                self._ready, self._written.ready_seconds
            ):
                raise CannotMeasure(f"{self._address} was not ready in {self._written.ready_seconds:g} s")
            self._closing = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._closing.aclose()

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """Hold one conversation with the endpoint; `timeout_seconds` bounds all its turns together."""
        values = values_of(case, sample_index, seed)
        return await hold_conversation(
            case,
            values,
            self._ask,
            timeout_seconds=self._written.timeout_seconds,
            clean=self._without_secrets,
            link=self._link(values),
        )

    async def _ask(self, values: Mapping[str, Any]) -> tuple[Reply, float]:
        request = self._template.render(values)
        started = time.perf_counter()
        received = await self._send(request)
        latency_ms = (time.perf_counter() - started) * 1000
        return read_reply(received, self._paths, time.time()), latency_ms

    async def _send(self, request: Request) -> Received:
        """Send one request.

        Raises:
            UnusableAnswer: if no complete answer came.
        """
        session = self._opened()
        try:
            async with session.request(
                self._written.method,
                self._url or URL(request.url),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
            ) as response:
                return Received(
                    status=response.status,
                    content_type=response.content_type,
                    body=await _body(response),
                    location=response.headers.get("Location", ""),
                    retry_after=response.headers.get("Retry-After", ""),
                )
        except aiohttp.InvalidURL as error:
            raise UnusableAnswer(f"'{error}' is not an address", retryable=False) from None
        except aiohttp.ClientError as error:
            raise UnusableAnswer(self._connection_failure(error), retryable=True) from None
        except ValueError as error:
            raise UnusableAnswer(f"the request cannot be sent: {error}", retryable=False) from None

    def _connection_failure(self, error: aiohttp.ClientError) -> str:
        ending = self._server.ending if self._server is not None else None
        refused = isinstance(error, aiohttp.ClientConnectorError)
        why = (
            "cannot connect: is it running? (start: lets Canary start it)" if refused else f"hung up: {error}"
        )
        what = f"no complete answer from {self._address}: {why}"
        return f"{what}; {ending}" if ending else what

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("open the target with `async with` first")
        return self._session

    async def _serve(self, opening: AsyncExitStack, start: str) -> ServerCommand:
        command = ServerCommand(
            command_words(start),
            root=self._suite.root,
            environ=self._environ,
            address=self._address,
            answers=self._ready if self._written.ready is not None else self._address.accepts,
            ready_seconds=self._written.ready_seconds,
        )
        try:
            return await opening.enter_async_context(command)
        except CannotStart as error:
            raise InvalidInput([_start_problem(self._suite.document, str(error))]) from None

    async def _ready(self) -> bool:
        """True if the `ready:` address answers 2xx now."""
        url = ready_url(self._written.url, self._written.ready or "/")
        try:
            async with (
                asyncio.timeout(_PROBE_SECONDS),
                self._opened().get(url, allow_redirects=False) as response,
            ):
                return 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _link(self, values: Mapping[str, Any]) -> str | None:
        written = self._written.trace_url
        return None if written is None or written.startswith("$") else fill_text(written, values, quoted)

    def _without_secrets(self, text: str) -> str:
        """Endpoints like to quote the key they refuse."""
        for secret in self._template.secrets:
            text = text.replace(secret, "[secret]")
        return text


def fingerprint(written: HttpTarget) -> str:
    """SHA-256 of the target as written: with the names of environment variables, without their values."""
    return hashlib.sha256(canonical_json(written.model_dump(mode="json")).encode()).hexdigest()


def target_problems(suite: Suite, written: HttpTarget, environ: Mapping[str, str]) -> list[Problem]:
    """Everything that is wrong in what the suite says about its endpoint."""
    return [
        *request_problems(written, suite.document, environ),
        *_path_problems(written, suite.document),
        *_link_problems(written, suite.document),
        *_start_problems(written, suite.document),
        *conversation_problems(
            names_asked_for(written), suite.cases, lambda name: f'put "{{{{ {name} }}}}" into the body'
        ),
    ]


def _path_problems(written: HttpTarget, document: Document) -> Iterator[Problem]:
    for key in PATH_KEYS:
        path = getattr(written, key)
        if path is None or (key == "trace_url" and not path.startswith("$")):
            continue
        try:
            parse_path(path)
            what = None if path.startswith("$") else f"'{path}' does not start with $"
        except ValueError as error:
            what = str(error)
        if what is not None:
            yield document.problem(("target", "http", key), what, f"write it like  $.{key}")


def _link_problems(written: HttpTarget, document: Document) -> Iterator[Problem]:
    where = ("target", "http", "trace_url")
    link = written.trace_url
    if link is not None and not link.startswith(("$", "https://", "http://")):
        what = f"'{link}' is neither a link nor a path"
        yield document.problem(where, what, "write  https://…/{{ trace_id }}  or  $.trace_url")
    for name in sorted(names_in(link) - _LINK_NAMES):
        what = f"'{{{{ {name} }}}}' has no value here"
        yield document.problem(where, what, f"known names: {', '.join(sorted(_LINK_NAMES))}")


def _start_problems(written: HttpTarget, document: Document) -> Iterator[Problem]:
    try:
        command_words(written.start if written.start is not None else "true")
    except ValueError as error:
        yield _start_problem(document, f"'{written.start}' is not a command: {error}")


def _start_problem(document: Document, what: str) -> Problem:
    return document.problem(("target", "http", "start"), what, "for shell syntax write  sh -c '…'")


def _session(concurrency: int, written: HttpTarget) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=min(_CONNECT_SECONDS, written.timeout_seconds / 2)
        ),
    )


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """The body, as long as it is not absurdly large.

    Raises:
        UnusableAnswer
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _label(url: str) -> str:
    """The address without credentials or query, for the report."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
