"""What goes over the wire: a request as it came, a reply as it leaves, and GitHub's way to say no."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are lower-case, the path is decoded and has no query.

    `encoded` is the path as it came: a slash that came as %2F is no border between two parts.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    encoded: str = ""

    @classmethod
    def read(cls, method: str, target: str, headers: Mapping[str, str], raw: bytes) -> Request:
        """From the request line and headers."""
        parts = urlsplit(target)
        encoded = parts.path.removeprefix("/api/v3")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        named = {name.lower(): value for name, value in headers.items()}
        return cls(method, unquote(encoded), query, named, raw, encoded)

    @property
    def route(self) -> str:
        """The path to match with, whose parts are still encoded."""
        return self.encoded or self.path


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response. `body` is JSON, or bytes as they are, or nothing."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The body as bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def with_headers(self, **headers: str) -> Reply:
        """The same reply with more headers; `X_Y` is the header `X-Y`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Reply(self.status, self.body, {**self.headers, **named})


HANG_UP = Reply(0)
"""No reply at all: the connection is closed."""


class Refused(Exception):
    """GitHub says no; carries the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status} {reply.body}")
        self.reply = reply


def refused(status: int, message: str, headers: Mapping[str, str] | None = None, **more: Any) -> Refused:
    """An error in GitHub's shape."""
    body = {"message": message, **more, "documentation_url": DOCS, "status": str(status)}
    return Refused(Reply(status, body, headers or {}))


def not_found() -> Refused:
    """What GitHub says of a thing that is not there, and of one the caller may not see."""
    return refused(404, "Not Found")


def not_permitted(kind: str) -> Refused:
    """What GitHub says to a token that lacks a permission."""
    owner = "personal access token" if kind == "user" else "integration"
    return refused(403, f"Resource not accessible by {owner}")


def invalid(resource: str, field_: str, code: str, message: str | None = None) -> Refused:
    """`Validation Failed`, with the one field that is wrong."""
    error = {"resource": resource, "field": field_, "code": code}
    return refused(422, "Validation Failed", errors=[error | ({"message": message} if message else {})])


def bad_request(why: str) -> Refused:
    """What GitHub's schema check says of a body."""
    return refused(422, f"Invalid request.\n\n{why}")
