"""HTTP for models and tools: connects only where egress allows, and only to what was vetted.

A name is resolved once, every address is checked, and the connection goes to a checked address with the
name as SNI and Host. No redirect is followed, no proxy or cookie is used, nothing is decompressed, and
a body is read up to a cap.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from agent_runtime.errors import CrewError
from agent_runtime.guard.egress import Destination, Refusal, check_address, check_url

MAX_BODY_BYTES = 20_000_000
_NO_TIME = 0.001
"""Seconds. To aiohttp a timeout of 0 means for ever.

https://docs.aiohttp.org/en/stable/client_reference.html#aiohttp.ClientTimeout
"""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `headers` have lower-case names; of a repeated one the last counts.

    Attributes:
        latency_ms: from the call to the last byte of the body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: float

    def text(self, limit: int | None = None) -> str:
        """The body as UTF-8, wrong bytes replaced, only its first `limit` bytes if given."""
        return self.body[:limit].decode("utf-8", errors="replace")


class NotAnswered(CrewError):
    """A request got no response.

    Attributes:
        kind: refused (by egress) | timeout | connection | oversize
        latency_ms: time until this was known.
    """

    def __init__(self, kind: str, reason: str, latency_ms: float) -> None:
        super().__init__(reason)
        self.kind = kind
        self.latency_ms = latency_ms


class Wire:
    """Connections to what `allowlist` allows; made at the first request, shared by all.

    Args:
        resolver: looks names up; the system's by default.
    """

    def __init__(
        self,
        allowlist: Sequence[str],
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allowlist = tuple(allowlist)
        self._max_body_bytes = max_body_bytes
        self._own_resolver = resolver
        self._resolver: _VettingResolver | None = None
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float,
    ) -> Response:
        """One request, one response of any status.

        Raises:
            NotAnswered
        """
        start = time.perf_counter()
        try:
            destination = _allowed(check_url(url, self._allowlist))
            session = self._open(destination)
            async with session.request(
                method,
                _target(destination),
                headers={"Accept-Encoding": "identity", **headers},
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=max(timeout_seconds, _NO_TIME)),
            ) as response:
                content = await self._read(response)
        except _Refused as error:
            raise NotAnswered("refused", error.reason, _ms_since(start)) from None
        except TimeoutError:
            reason = f"no answer within {timeout_seconds:g} s"
            raise NotAnswered("timeout", reason, _ms_since(start)) from None
        except _TooLarge:
            reason = f"the answer is larger than {self._max_body_bytes} bytes"
            raise NotAnswered("oversize", reason, _ms_since(start)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotAnswered("connection", _connection_reason(error), _ms_since(start)) from None
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status, lower, content, _ms_since(start))

    async def aclose(self) -> None:
        """Close every connection. Closing twice is no error."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self, destination: Destination) -> aiohttp.ClientSession:
        if self._session is None or self._resolver is None:
            self._resolver = _VettingResolver(
                self._own_resolver or aiohttp.ThreadedResolver(), self._allowlist
            )
            self._session = aiohttp.ClientSession(
                # How many run at once is the caller's decision, and addresses are not kept for later ones.
                connector=aiohttp.TCPConnector(resolver=self._resolver, limit=0, use_dns_cache=False),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a small body that grows to gigabytes would pass the limit on size
                trust_env=False,  # a proxy would look up the host itself, past the check of addresses
            )
        self._resolver.expect(destination)
        return self._session

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        # Counted as it comes: the length that a header announces may be missing, or a lie.
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._max_body_bytes:
                response.close()
                raise _TooLarge
            parts.append(part)
        return b"".join(parts)


class _Refused(Exception):
    """Carries egress's word through aiohttp."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _TooLarge(Exception):
    """The body passed its cap."""


class _VettingResolver(AbstractResolver):
    """Leaves only addresses that may be connected to; aiohttp connects to what it is given, unresolved.

    aiohttp does not ask a resolver about a host that is an address already: `expect` checks that one.
    """

    def __init__(self, resolver: AbstractResolver, allowlist: Sequence[str]) -> None:
        self._resolver = resolver
        self._allowlist = allowlist
        self._expected: dict[tuple[str, int], Destination] = {}

    def expect(self, destination: Destination) -> None:
        """Say whom the coming connection is for."""
        if _is_address(destination.host):
            self._check(destination.host, destination)
        self._expected[destination.host, destination.port] = destination

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The vetted addresses of `host`.

        Raises:
            _Refused: it has none.
        """
        destination = self._expected[host, port]
        found = await self._resolver.resolve(host, port, family)
        vetted = [one for one in found if check_address(one["host"], destination, self._allowlist) is None]
        if found and not vetted:
            self._check(found[0]["host"], destination)
        if not vetted:
            raise OSError(f"{host} has no address")
        return vetted

    async def close(self) -> None:
        """Release the resolver inside."""
        await self._resolver.close()

    def _check(self, address: str, destination: Destination) -> None:
        refusal = check_address(address, destination, self._allowlist)
        if refusal is not None:
            raise _Refused(refusal.reason)


def _allowed(checked: Destination | Refusal) -> Destination:
    if isinstance(checked, Refusal):
        raise _Refused(checked.reason)
    return checked


def _target(destination: Destination) -> URL:
    """The destination itself: built from its parts, not parsed from text again."""
    path, question, query = destination.path_and_query.partition("?")
    url = URL.build(
        scheme=destination.scheme,
        host=destination.host,
        port=destination.port,
        path=path,
        query_string=query if question else "",
        encoded=True,
    )
    if (url.raw_host, url.port) != (destination.host, destination.port):
        raise _Refused(f"'{destination.host}' is read differently by the HTTP client")
    return url


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False


def _connection_reason(error: Exception) -> str:
    """What failed, without the request's headers, which aiohttp's errors may quote."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or type(error.os_error).__name__}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer"
    return f"the connection failed: {type(error).__name__}"


def _ms_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
