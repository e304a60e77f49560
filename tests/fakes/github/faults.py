"""What goes wrong on purpose: replies instead of the endpoint's, and things that happen between two calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.fakes.github.wire import HANG_UP, Reply, refused

At = int | str | None
"""Which calls: the n-th from now (1 is the next), `"METHOD /path"` with `*` wildcards, or None for any."""

_MESSAGES = {
    401: "Bad credentials",
    403: "Resource not accessible by integration",
    404: "Not Found",
    422: "Validation Failed",
    429: "API rate limit exceeded",
    500: "Server Error",
    502: "Server Error",
    503: "Service Unavailable",
}


@dataclass(slots=True)
class Fault:
    """A reply that takes the place of the real one; with `late`, after the endpoint did its work."""

    number: int | None
    where: str | None
    reply: Reply
    times: int | None
    late: bool

    def hits(self, number: int, method: str, path: str) -> bool:
        """Whether it is due; counts itself down."""
        if self.times == 0 or not _matches(self.number, self.where, number, method, path):
            return False
        if self.number is not None:
            self.number += 1
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Interruption:
    """Something that happens right before, or right after, a call."""

    number: int | None
    where: str | None
    do: Callable[[], object]
    times: int | None
    after: bool


@dataclass(slots=True)
class Faults:
    """All of them, in the order in which they were asked for."""

    faults: list[Fault] = field(default_factory=list)
    interruptions: list[Interruption] = field(default_factory=list)

    def fail(
        self, number: int | None, where: str | None, reply: Reply, times: int | None, late: bool
    ) -> None:
        """Plan a fault."""
        self.faults.append(Fault(number, where, reply, times, late))

    def due(self, number: int, method: str, path: str, late: bool) -> Reply | None:
        """The reply of the first fault that is due."""
        for fault in self.faults:
            if fault.late is late and fault.hits(number, method, path):
                return fault.reply
        return None

    def interrupt(self, number: int, method: str, path: str, after: bool) -> None:
        """Run what is due before or after this call."""
        for one in list(self.interruptions):
            if (
                one.after is after
                and one.times != 0
                and _matches(one.number, one.where, number, method, path)
            ):
                if one.number is not None:
                    one.number += 1
                if one.times is not None:
                    one.times -= 1
                one.do()


def _matches(wanted: int | None, where: str | None, number: int, method: str, path: str) -> bool:
    if wanted is not None and wanted != number:
        return False
    return where is None or fnmatchcase(f"{method} {path}", where)


def fault_reply(status: int, body: Any, headers: Mapping[str, str] | None) -> Reply:
    """What the caller gets; status 0 is a connection that is closed without a word."""
    if status == 0:
        return HANG_UP
    if body is not None:
        return Reply(status, body, headers or {})
    return refused(status, _MESSAGES.get(status, "Error"), headers).reply


def secondary_limit(status: int, retry_after: int) -> Reply:
    """The reply of GitHub's secondary rate limit."""
    message = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
        "If you reach out to GitHub Support for help, please include the request ID."
    )
    return refused(status, message, {"Retry-After": str(retry_after)}).reply
