"""What an endpoint is: a method, a path, who may call it, what its body looks like, and what it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from tests.fakes.github.bodies import Schema
from tests.fakes.github.shapes import Json, Shapes
from tests.fakes.github.state import Repository, Token, World
from tests.fakes.github.wire import Reply, Request, not_found, refused

if TYPE_CHECKING:
    from tests.fakes.github.events import Events

_SLASHES = {"path", "ref", "basehead"}


@dataclass(frozen=True, slots=True)
class Call:
    """All that an endpoint needs: the request, who sent it, and the world."""

    world: World
    events: Events
    request: Request
    token: Token
    args: Mapping[str, str]
    body: Any
    _repo: Repository | None = None

    @property
    def repo(self) -> Repository:
        """The repository of the path."""
        if self._repo is None:
            raise not_found()
        return self._repo

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.world)

    @property
    def login(self) -> str:
        """Who acts."""
        return self.token.login

    def number(self, name: str) -> int:
        """A path variable that must be a number, else 404."""
        if not self.args[name].isdecimal():
            raise not_found()
        return int(self.args[name])

    def wanted(self, name: str, default: str | None = None) -> str | None:
        """A query parameter."""
        return self.request.query.get(name, default)

    def commit(self, name: str) -> str:
        """The sha that a path variable names; 422 when there is no such commit."""
        sha = self.repo.git.resolve(self.args[name])
        if sha is None:
            raise refused(422, f"No commit found for SHA: {self.args[name]}")
        return sha

    def page(self, items: list[Any], key: str | None = None, default_size: int = 30) -> Reply:
        """One page of a list with its Link header; `key` puts it under a name with `total_count`."""
        number, size = _positive(self.wanted("page"), 1), _positive(self.wanted("per_page"), default_size)
        size = min(size, 100)
        last = max(1, -(-len(items) // size))
        shown = items[(number - 1) * size : number * size]
        body: Any = shown if key is None else {"total_count": len(items), key: shown}
        return Reply(200, body, self._links(number, last))

    def _links(self, number: int, last: int) -> dict[str, str]:
        pages = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        if number <= 1:
            del pages["prev"], pages["first"]
        if number >= last:
            del pages["next"], pages["last"]
        if number > last:
            pages = {"prev": last, "first": 1}
        links = [f'<{self._address(page)}>; rel="{rel}"' for rel, page in pages.items()]
        return {"Link": ", ".join(links)} if links else {}

    def _address(self, page: int) -> str:
        return f"{self.world.url}{self.request.path}?{urlencode({**self.request.query, 'page': page})}"


def _positive(given: str | None, default: int) -> int:
    return int(given) if given and given.isdecimal() and int(given) > 0 else default


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint.

    `needs`: permissions, any of which lets a token with permissions in. `role`: what a user must be.
    `body`: the schema of the body, None for a body that is not read.
    """

    method: str
    path: str
    do: Callable[[Call], Reply]
    needs: tuple[str, ...] = ()
    role: str = "read"
    body: Schema | None = None
    jwt: bool = False

    @property
    def reading(self) -> bool:
        return self.method in ("GET", "HEAD")

    def match(self, request: Request) -> dict[str, str] | None:
        """The path variables, decoded, or None when this is another route."""
        found = _pattern(self.path).fullmatch(request.route) if self.method == request.method else None
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


_patterns: dict[str, re.Pattern[str]] = {}


def _pattern(path: str) -> re.Pattern[str]:
    if path not in _patterns:
        parts = re.split(r"\{(\w+)\}", path)
        text = "".join(_variable(part) if i % 2 else re.escape(part) for i, part in enumerate(parts))
        _patterns[path] = re.compile(text)
    return _patterns[path]


def _variable(name: str) -> str:
    return f"(?P<{name}>{'.+' if name in _SLASHES else '[^/]+'})"


def repo_path(rest: str) -> str:
    """A path under a repository."""
    return f"/repos/{{owner}}/{{repo}}{rest}"


def no_content() -> Reply:
    """204"""
    return Reply(204)


__all__ = ["Call", "Json", "Route", "no_content", "repo_path"]
