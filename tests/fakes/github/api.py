"""The REST API: one request from the wire to the reply, in the order in which GitHub checks things."""

from __future__ import annotations

import hashlib
import itertools
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tests.fakes.github.access import caller_of, check_permission, check_repository
from tests.fakes.github.bodies import read_body
from tests.fakes.github.events import Events
from tests.fakes.github.faults import Faults
from tests.fakes.github.log import Log, Logged, loggable
from tests.fakes.github.routes import Call, Route
from tests.fakes.github.state import Repository, Token, World
from tests.fakes.github.wire import HANG_UP, Refused, Reply, Request, not_found, refused

API_VERSIONS = ("2022-11-28", "2026-03-10")


class Schemas(Protocol):
    """Says what GitHub's own schema has against a request."""

    def violations(self, request: Request) -> tuple[str, ...]: ...


@dataclass(slots=True)
class _Progress:
    """What is known of a request so far, for the log."""

    number: int
    id: str
    token: Token | None = None
    route: Route | None = None


@dataclass(slots=True)
class Api:
    """Answers API requests, one at a time; what was planned to go wrong happens around them."""

    world: World
    events: Events
    faults: Faults
    log: Log
    routes: Sequence[Route]
    schemas: Schemas | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    calls: int = 0

    def answer(self, request: Request) -> Reply:
        """The reply to one API request."""
        with self.lock:
            self.calls = number = next(self.numbers)
        progress = _Progress(number, str(uuid.uuid4()).upper())
        self.faults.interrupt(number, request.method, request.path, after=False)
        with self.lock:
            reply = self._guarded(request, progress)
            self._note(request, reply, progress)
        self.faults.interrupt(number, request.method, request.path, after=True)
        return reply

    def _guarded(self, request: Request, progress: _Progress) -> Reply:
        if planned := self.faults.due(progress.number, request.method, request.path, late=False):
            return _finish(planned, progress, self.world)
        try:
            reply = self._handle(request, progress)
        except Refused as no:
            reply = no.reply
        late = self.faults.due(progress.number, request.method, request.path, late=True)
        return _finish(late or reply, progress, self.world)

    def _handle(self, request: Request, progress: _Progress) -> Reply:
        _check_headers(request)
        token = progress.token = caller_of(self.world, request)
        route, args = self._route(request)
        progress.route = route
        _spend(token, self.world, route)
        repo = self._repository(token, args)
        if route.jwt and token.kind != "app":
            raise refused(401, "A JSON web token could not be decoded")
        if repo is not None and not route.jwt:
            check_permission(token, repo, route.needs, route.role, route.reading)
        body = None if route.reading else read_body(request.raw, route.body)
        reply = route.do(Call(self.world, self.events, request, token, args, body, repo))
        return _conditional(request, reply, token)

    def _route(self, request: Request) -> tuple[Route, dict[str, str]]:
        for route in self.routes:
            if (args := route.match(request)) is not None:
                return route, args
        raise not_found()

    def _repository(self, token: Token, args: dict[str, str]) -> Repository | None:
        if "owner" not in args:
            return None
        found = self.world.repositories.get(f"{args['owner']}/{args['repo']}".lower())
        return found if token.kind == "app" and found else check_repository(token, found)

    def _note(self, request: Request, reply: Reply, progress: _Progress) -> None:
        token, route = progress.token, progress.route
        said = reply.body.get("message") if reply.status >= 400 and isinstance(reply.body, dict) else None
        self.log.add(
            Logged(
                number=progress.number,
                method=request.method,
                path=request.path,
                query=dict(request.query),
                status=reply.status,
                token=token.kind if token else "none",
                login=token.login if token else "",
                route=f"{route.method} {route.path}" if route else None,
                body=loggable(request.raw),
                request_id=progress.id,
                message=said,
                violations=self.schemas.violations(request) if self.schemas else (),
            )
        )


def _check_headers(request: Request) -> None:
    if not request.headers.get("user-agent"):
        raise refused(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        )
    version = request.headers.get("x-github-api-version")
    if version is not None and version not in API_VERSIONS:
        raise refused(400, f"{version!r} is not a supported version of the API")


def _spend(token: Token, world: World, route: Route) -> None:
    """Count the request against the hour; 403 when nothing is left. /rate_limit is free."""
    now = world.clock()
    if token.reset <= now:
        token.used, token.reset = 0, now + 3600
    if route.path == "/rate_limit":
        return
    if token.used >= token.limit:
        raise refused(403, f"API rate limit exceeded for {token.login or '127.0.0.1'}.")
    token.used += 1


def _conditional(request: Request, reply: Reply, token: Token) -> Reply:
    """With an ETag; 304 when the caller has it already, which costs nothing of the hour."""
    if request.method != "GET" or reply.status != 200:
        return reply
    tag = f'W/"{hashlib.sha256(reply.content()).hexdigest()}"'
    tagged = reply.with_headers(ETag=tag, Cache_Control="private, max-age=60, s-maxage=60")
    if tag.removeprefix("W/") not in request.headers.get("if-none-match", ""):
        return tagged
    token.used -= 1
    return Reply(304, None, tagged.headers)


def _finish(reply: Reply, progress: _Progress, world: World) -> Reply:
    if reply is HANG_UP:
        return reply
    token, route = progress.token, progress.route
    finished = reply.with_headers(
        X_GitHub_Request_Id=progress.id,
        X_GitHub_Media_Type="github.v3; format=json",
        X_GitHub_Api_Version_Selected=API_VERSIONS[0],
    )
    if token is not None:
        finished = finished.with_headers(
            X_RateLimit_Limit=str(token.limit),
            X_RateLimit_Remaining=str(max(0, token.limit - token.used)),
            X_RateLimit_Used=str(token.used),
            X_RateLimit_Reset=str(int(token.reset or world.clock())),
            X_RateLimit_Resource="core",
        )
    if route is not None and route.needs and token is not None and token.kind in ("actions", "installation"):
        accepted = "; ".join(need.replace(":", "=") for need in route.needs)
        finished = finished.with_headers(X_Accepted_GitHub_Permissions=accepted)
    return finished
