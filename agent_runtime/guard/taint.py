"""Where does a destination come from: from the user, or from something a tool read?

An attacker who writes into a ticket, a page or a mail wants the agent to send something *somewhere*. So an
argument that names a place or a person, and whose value stands in an earlier tool result but in nothing the
user or the files said, is worth a person's look. It is no proof: replying to a mail looks the same. That is
why it asks and never refuses (docs/decisions/0013-tainted-destinations-ask.md has the measurement).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_DESTINATIONS = """
    account accounts address addresses attendee attendees bcc beneficiary callback cc channel channels
    collaborator collaborators domain email emails endpoint forward host hostname iban invitee invitees
    link mail mailto member members participant participants payee phone recipient recipients redirect to
    uri url urls webhook webhooks
"""
_WORDS = frozenset(_DESTINATIONS.split())
"""What argument names call a destination, in any spelling: `to`, `replyTo`, `webhook_url`, `bcc`.

benchmarks/guardian_taint.py measures what they find and how often they ask in vain.
"""
_CAMEL = re.compile(r"([a-z0-9])([A-Z])")
_ADDRESS = re.compile(r"[^\s@,;<>\"']+@[^\s@,;<>\"']+\.[^\s@,;<>\"']+")
_SEPARATORS = re.compile(r"[\s,;<>\"']+")
_URL = re.compile(r"(?:[a-z][a-z0-9+.\-]*:)?//([^/?#\s]+)|(www\.[^/?#\s]+)", re.IGNORECASE)
_PORT = re.compile(r":\d*$")
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
"""The form is enough here: a number that fails the checksum is still where the money would go."""
_SHORTEST = 3
"""Characters below which a value is a word such as "me", which is anywhere."""
_DIGITS_OF_A_NUMBER = 6
_MOST_PLACES = 50
_LONGEST = 1_000
"""Characters of a value that are looked up, so that a hostile one cannot make the search quadratic."""


@dataclass(frozen=True)
class Sources:
    """What was said before a call, by whom.

    Attributes:
        trusted: the user's words and the files': messages, turns, the prompt.
        results: what tools returned in this run, or failed with.
    """

    trusted: Sequence[str] = ()
    results: Sequence[str] = ()

    @cached_property
    def result_text(self) -> _Text:
        """The tool results, to search in."""
        return _Text("\n".join(self.results))

    @cached_property
    def trusted_text(self) -> _Text:
        """What is trusted, to search in."""
        return _Text("\n".join(self.trusted))


NOTHING_READ = Sources()


@dataclass(frozen=True, slots=True)
class Tainted:
    """A destination that a tool result named. `path` is the argument, as in `to` or `invite.participants`."""

    path: str
    value: str


def tainted_destinations(
    arguments: Mapping[str, Any], sources: Sources, *, urls_only: bool = False
) -> tuple[Tainted, ...]:
    """The destinations among `arguments` that come from a tool result and from nobody who is trusted.

    More of them than `_MOST_PLACES` are looked up no further: the first beyond is taken for tainted.

    Args:
        urls_only: for a tool that only reads: it takes what it found, but should not fetch any page it is told to.
    """
    if not sources.results:
        return ()
    found: list[Tainted] = []
    looked_up: set[str] = set()
    for path, value in _destinations(arguments):
        if urls_only and _URL.match(value.strip()) is None:
            continue
        places = _places(value)
        looked_up.update(places)
        if len(looked_up) > _MOST_PLACES:
            return (*found, Tainted(path, value))
        if _is_tainted(value, places, sources):
            found.append(Tainted(path, value))
    return tuple(found)


def _is_tainted(value: str, places: Iterable[str], sources: Sources) -> bool:
    """Whether any address in the value is; a list may append the attacker's to the user's."""
    if sources.trusted_text.is_about(value.strip()):
        return False
    return any(
        sources.result_text.names(place) and not sources.trusted_text.is_about(place) for place in places
    )


def _places(value: str) -> set[str]:
    """What of a value names the destination: each e-mail address, a URL's host, else all of it."""
    if (url := _URL.match(value.strip())) is not None:
        # https://example.com@evil.invalid leads to evil.invalid: what stands before the @ is a name to log in with.
        authority = (url[1] or url[2]).rpartition("@")[2]
        return {_PORT.sub("", authority).rstrip(".")}
    addresses = {word for word in _SEPARATORS.split(value) if _ADDRESS.fullmatch(word)}
    return addresses or {value.strip()}


def _destinations(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text or number under a name that means a destination, or that is a URL or IBAN by its form."""
    waiting: list[tuple[str, Any, bool]] = [("", arguments, False)]
    while waiting:
        path, part, named = waiting.pop()
        if isinstance(part, Mapping):
            inner = [
                (f"{path}.{key}" if path else key, value, named or _means_a_destination(key))
                for key, value in part.items()
            ]
            waiting.extend(reversed(inner))
        elif isinstance(part, list):
            waiting.extend((path, value, named) for value in reversed(part))
        elif isinstance(part, str | int) and not isinstance(part, bool) and (named or _is_address(str(part))):
            yield path, str(part)


def _means_a_destination(name: str) -> bool:
    words = re.split(r"[^a-z0-9]+", _CAMEL.sub(r"\1 \2", name).lower())
    return not _WORDS.isdisjoint(words)


def _is_address(value: str) -> bool:
    text = value.strip()
    if _IBAN.fullmatch(text):
        return True
    return _URL.match(text) is not None and not re.search(r"\s", text)


_INSIDE_A_WORD = (r"(?<!\w)", r"(?!\w)")
_INSIDE_AN_ADDRESS = (r"(?<![\w.@\-])", r"(?![\w\-]|\.\w)")
"""What, just before and after a value, makes it a piece of something longer."""


class _Text:
    """A text to look for whole values in: in any case, and numbers in any spacing."""

    def __init__(self, text: str) -> None:
        self._text = text.casefold()
        self._bare: str | None = None

    def names(self, value: str) -> bool:
        """Whether the value stands here as words of its own."""
        return len(value) >= _SHORTEST and self._has(value, _INSIDE_A_WORD)

    def is_about(self, value: str) -> bool:
        """Whether exactly the value stands here: `not-a.example` and `b@a.example` are not `a.example`."""
        return self._has(value, _INSIDE_AN_ADDRESS)

    def _has(self, value: str, inside: tuple[str, str]) -> bool:
        wanted = value.casefold()[:_LONGEST]
        before, after = inside
        if re.search(f"{before}{re.escape(wanted)}{after}", self._text) is not None:
            return True
        bare = _bare(wanted)
        return sum(map(str.isdigit, bare)) >= _DIGITS_OF_A_NUMBER and bare in self._unspaced()

    def _unspaced(self) -> str:
        if self._bare is None:
            self._bare = _bare(self._text)
        return self._bare


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text))
