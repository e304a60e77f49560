"""A text that a pattern accepts, as short as it may be: what an argument of somebody's tool could look like.

Patterns are in RE2's syntax: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from string import ascii_letters, digits, punctuation

from agent_runtime.files.patterns import UnusablePattern, searcher

_MOST_CHARACTERS = 10_000
_REPEATS = (0, 1, 2, 4, 8, 16, 32, 64, 128)
_SIGNS = "a1A0 " + digits + ascii_letters + punctuation + "\n\té€"
_COUNT = re.compile(r"\{(\d{1,4})(,(\d{0,4}))?\}")
_GROUP = re.compile(r"\((\?(P?<[^>]*>|[a-zA-Z\-]*:|[a-zA-Z\-]+(?=\))))?")
_CLASS = re.compile(r"\[\^?\]?(\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|x\{[0-9a-fA-F]+\}|[pP]\{\^?\w+\}|[pP]\w|.)", re.DOTALL)


def text_matching(pattern: str, accepted: Callable[[str], bool] = lambda text: True) -> str | None:
    """A text that holds a match of `pattern` (RE2) and is `accepted`; None if none was found.

    It tries the first ways through the pattern, with ever more repetitions. Some patterns have a match that
    this does not find.
    """
    try:
        matches = searcher(pattern)
    except UnusablePattern:
        return None
    for repeats in _REPEATS:
        for text in _ways(pattern, repeats):
            if matches(text) and accepted(text):
                return text
    return None


def _ways(pattern: str, repeats: int) -> Iterator[str]:
    """One text for each top-level alternative."""
    for at in range(8):
        walk = _Walk(pattern, repeats, at)
        try:
            yield walk.alternatives(top=True)
        except (_TooLong, RecursionError, UnusablePattern):
            continue
        if at + 1 >= walk.seen:
            return


class _TooLong(Exception):
    """The text grows past its limit."""


class _Walk:
    """One way through a pattern.

    Args:
        repeats: how often more than it must something is repeated.
        choice: which top-level alternative is taken.

    Attributes:
        seen: number of top-level alternatives.
    """

    def __init__(self, pattern: str, repeats: int, choice: int) -> None:
        self.seen = 0
        self._pattern = pattern
        self._repeats = repeats
        self._choice = choice
        self._at = 0

    def alternatives(self, *, top: bool = False) -> str:
        """The chosen of `a|b|c`, up to the closing bracket or the end."""
        found = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            found.append(self._sequence())
        if not top:
            return found[0]
        self.seen = len(found)
        return found[min(self._choice, len(found) - 1)]

    def _sequence(self) -> str:
        parts: list[str] = []
        size = 0
        while self._peek() not in {"", "|", ")"}:
            parts.append(self._repeated(self._atom()))
            size += len(parts[-1])
            if size > _MOST_CHARACTERS:
                raise _TooLong
        return "".join(parts)

    def _atom(self) -> str:
        sign = self._peek()
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._sign_in(self._take(_CLASS))
        if sign == "\\":
            return self._escaped(self._take(_ESCAPE))
        self._at += 1
        return {"^": "", "$": "", ".": "a"}.get(sign, sign)

    def _group(self) -> str:
        self._take(_GROUP)
        inside = self.alternatives()
        self._at += 1
        return inside

    def _escaped(self, escape: str) -> str:
        if escape[1] in "AzbBQE":
            return ""
        return escape[1] if escape[1] in punctuation else self._sign_in(escape)

    def _sign_in(self, expression: str) -> str:
        matches = searcher(f"^{expression}$")
        return next((sign for sign in _SIGNS if matches(sign)), "")

    def _repeated(self, text: str) -> str:
        least, most = self._bounds()
        count = min(least + self._repeats, most)
        if count * len(text) > _MOST_CHARACTERS:
            raise _TooLong
        return text * count

    def _bounds(self) -> tuple[int, int]:
        """How often the last atom must and may stand, by the quantifier that comes now."""
        sign = self._peek()
        if (counted := _COUNT.match(self._pattern, self._at)) is not None:
            self._at = counted.end()
            least = int(counted[1])
            bounds = least, least if counted[2] is None else int(counted[3] or _MOST_CHARACTERS)
        elif sign in {"*", "+", "?"}:
            self._at += 1
            bounds = {"*": (0, _MOST_CHARACTERS), "+": (1, _MOST_CHARACTERS), "?": (0, 1)}[sign]
        else:
            return 1, 1
        self._at += self._peek() == "?"
        return bounds

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self, expression: re.Pattern[str]) -> str:
        """What stands here; the pattern was compiled, so it does."""
        found = expression.match(self._pattern, self._at)
        taken = found[0] if found is not None else self._peek()
        self._at += len(taken)
        return taken
