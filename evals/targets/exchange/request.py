"""What is sent to an endpoint: the target as written in, one Request per turn out. Pure."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from agent_runtime.errors import Problem
from agent_runtime.files.documents import Document, canonical_json
from agent_runtime.files.placeholders import CannotFill, fill, fill_environment, fill_text, names_in
from evals.suite.suite_file import HttpTarget

NAMES = frozenset({"input", "messages", "case_id", "sample_index", "seed", "stubs", "trace_id", "session_id"})
"""What a template may ask for."""

_WHERE = ("target", "http")
_ORIGIN = re.compile(r"https?://[^/?#]*")
# token, https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_DEFAULT_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "User-Agent": "agentcrewops-canary",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, ready to send; `body` is None for GET."""

    url: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """The target's url, headers (with the values of the environment) and body, to be filled with the values of a case.

    Attributes:
        secrets: words that came from the environment, to be kept out of error messages.
    """

    url: str
    headers: Mapping[str, str]
    body: Any
    has_body: bool
    secrets: tuple[str, ...]

    def render(self, values: Mapping[str, Any]) -> Request:
        """The request for one turn; values are percent-encoded where they stand in the url."""
        return Request(
            url=fill_text(self.url, values, quoted),
            headers={name: fill_text(value, values) for name, value in self.headers.items()},
            body=json.dumps(fill(self.body, values)).encode() if self.has_body else None,
        )


def request_problems(written: HttpTarget, document: Document, environ: Mapping[str, str]) -> list[Problem]:
    """Every unknown name, missing variable and unusable header of a target."""
    return [
        *_name_problems(written, document),
        *_url_problems(written, document),
        *_header_problems(written, document, environ),
    ]


def request_template(written: HttpTarget, environ: Mapping[str, str]) -> RequestTemplate:
    """The template of a target without problems, its environment values filled in."""
    filled = {name: fill_environment(value, environ) for name, value in written.headers.items()}
    given = {name.lower() for name in filled}
    defaults = {name: value for name, value in _DEFAULT_HEADERS.items() if name.lower() not in given}
    if "traceparent" not in given:
        defaults["traceparent"] = "{{ traceparent }}"
    secrets = [
        word for name, value in filled.items() if value != written.headers[name] for word in value.split()
    ]
    return RequestTemplate(
        url=written.url,
        headers=defaults | filled,
        body=written.body,
        has_body=_has_body(written),
        secrets=tuple(word for word in secrets if len(word) >= 8),
    )


def names_asked_for(written: HttpTarget) -> frozenset[str]:
    """Every name that url, headers or body ask for."""
    return names_in([written.url, written.headers, written.body if _has_body(written) else None])


def quoted(text: str) -> str:
    """Text percent-encoded, so that it stays inside its part of an address."""
    return quote(text, safe="")


def trace_of(seed: int, case_id: str, sample_index: int) -> tuple[str, str]:
    """Trace id and span id of one run, the same on every try.

    32 and 16 hex digits: https://www.w3.org/TR/trace-context/#trace-id
    """
    digest = hashlib.sha256(canonical_json(["trace", seed, case_id, sample_index]).encode()).hexdigest()
    return digest[:32], digest[32:48]


def _has_body(written: HttpTarget) -> bool:
    return written.method != "GET"


def _name_problems(written: HttpTarget, document: Document) -> Iterator[Problem]:
    parts = {"url": written.url, "headers": written.headers, "body": written.body}
    for key, part in parts.items():
        for name in sorted(names_in(part) - NAMES):
            known = ", ".join(sorted(NAMES))
            yield document.problem(
                (*_WHERE, key), f"'{{{{ {name} }}}}' has no value here", f"known names: {known}"
            )
    if not names_asked_for(written) & {"input", "messages", "case_id"}:
        what = "the request is the same for every case"
        yield document.problem(_WHERE, what, 'put "{{ input }}" into the body (for GET: into the url)')


def _url_problems(written: HttpTarget, document: Document) -> Iterator[Problem]:
    where = (*_WHERE, "url")
    origin = _ORIGIN.match(written.url)
    if origin is None or "{{" in origin[0]:
        what = "a placeholder stands in the host"
        yield document.problem(where, what, "write the host out; placeholders may follow it")
        return
    try:
        Address.of(written.url)
    except ValueError as error:
        yield document.problem(
            where, f"'{origin[0]}' is not an address: {error}", "write  http://host:port/path"
        )


def _header_problems(
    written: HttpTarget, document: Document, environ: Mapping[str, str]
) -> Iterator[Problem]:
    for name, value in written.headers.items():
        where = (*_WHERE, "headers", name)
        if not _HEADER_NAME.fullmatch(name):
            yield document.problem(
                where, f"'{name}' cannot be the name of a header", "use letters and hyphens"
            )
        if not value.isprintable():
            yield document.problem(where, "a header cannot hold a line break", "write it on one line")
        try:
            fill_environment(value, environ)
        except CannotFill as error:
            yield document.problem(where, str(error), "export it, or correct its name")


_CONNECT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Address:
    """Host and port of an endpoint."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Address:
        """Where `url` connects to.

        Raises:
            ValueError: if it has no host, or a port that cannot be.
        """
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError("it has no host")
        return cls(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def accepts(self) -> bool:
        """True if something listens there now."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True


def ready_url(url: str, ready: str) -> str:
    """The address to ask: `ready` itself if it is a full one, else that path on the endpoint's origin."""
    return ready if ready.startswith(("http://", "https://")) else urljoin(url, "/" + ready.lstrip("/"))
