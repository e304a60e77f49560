"""Regular expressions that a person wrote, for text that a model wrote: RE2, so the time is linear in the text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN = 1_000


class UnusablePattern(ValueError):
    """A pattern that RE2 cannot run; `what` and `fix` are fit for a `Problem`."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


@lru_cache(maxsize=512)
def searcher(pattern: str) -> Callable[[str], bool]:
    """A search for `pattern` in RE2's syntax.

    Raises:
        UnusablePattern: for what RE2 cannot do (look-around, back-references) or does not understand.
    """
    compiled = _compiled(pattern)
    return lambda text: compiled.search(encodable(text)) is not None


@lru_cache(maxsize=512)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether `pattern` is the whole text, in RE2's syntax.

    Raises:
        UnusablePattern: as `searcher` does.
    """
    compiled = _compiled(pattern)
    return lambda text: compiled.fullmatch(encodable(text)) is not None


def _compiled(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise UnusablePattern(f"has {len(pattern)} characters, more than {MAX_PATTERN}", "shorten it")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern.encode("utf-8", "replace"), options)
    except re2.error as error:
        raise UnusablePattern(*_why_not(pattern, error)) from None


def encodable(text: str) -> str:
    """`text` with `?` for what UTF-8 cannot write: half a surrogate pair, from JSON such as "\\\\ud800"."""
    return text.encode("utf-8", "replace").decode()


def _why_not(pattern: str, error: Exception) -> tuple[str, str]:
    detail = error.args[0] if error.args else error
    reason = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
    if any(mark in pattern for mark in ("(?=", "(?!", "(?<=", "(?<!")):
        return f"look-around is not supported: {reason}", "write the condition as two checks"
    if "invalid escape sequence: \\" in reason and reason[-1:].isdigit():
        return f"back-references are not supported: {reason}", "write out what may repeat"
    return f"{encodable(pattern)!r} is not a pattern: {reason}", "see github.com/google/re2/wiki/Syntax"
