"""A plain HTTP client for the fake, for tests that look at statuses, headers and bodies themselves."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply; header names are lower-case, `body` is JSON data, else bytes."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def message(self) -> str:
        """What an error says, with the messages and codes of its fields."""
        errors = self.body.get("errors", [])
        details = [e if isinstance(e, str) else e.get("message", e.get("code", "")) for e in errors]
        return " ".join([self.body["message"], *details])


@dataclass(frozen=True, slots=True)
class Client:
    """Asks one server with one credential; follows no redirect."""

    url: str
    token: str = ""

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request; `path` may be a whole address of the same server."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        sent = {"User-Agent": "tests", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            connection.request(method, path.removeprefix(self.url), content, {**sent, **(headers or {})})
            reply = connection.getresponse()
            raw, named = reply.read(), {name.lower(): value for name, value in reply.getheaders()}
        finally:
            connection.close()
        is_json = "application/json" in named.get("content-type", "")
        return Answer(reply.status, named, json.loads(raw) if is_json else raw)

    def get(self, path: str, **headers: str) -> Answer:
        """GET; `If_None_Match=…` is a header."""
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path: str, body: Any = None) -> Answer:
        """POST; without a body when there is none"""
        return self.ask("POST", path, body)

    def patch(self, path: str, body: Any) -> Answer:
        """PATCH"""
        return self.ask("PATCH", path, body)

    def put(self, path: str, body: Any) -> Answer:
        """PUT"""
        return self.ask("PUT", path, body)

    def delete(self, path: str) -> Answer:
        """DELETE"""
        return self.ask("DELETE", path)
