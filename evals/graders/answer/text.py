"""Graders of the raw final text: exact, contains, regex; and how every grader quotes what it saw."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from agent_runtime.files.patterns import UnusablePattern, encodable, searcher
from evals.results.records import Attempt, Grade

MAX_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Exact:
    """The whole final text is `expected`; white space around either does not count."""

    expected: str
    name = "exact"

    def grade(self, attempt: Attempt) -> Grade:
        """Compare the trimmed texts."""
        text = (attempt.output or "").strip()
        passed = text == self.expected.strip()
        return Grade(self.name, passed, "" if passed else f"was {shown(text)}, not {shown(self.expected)}")


@dataclass(frozen=True, slots=True)
class Contains:
    """The final text holds every one of `wanted`, in any case of letters."""

    wanted: tuple[str, ...]
    name = "contains"

    def grade(self, attempt: Attempt) -> Grade:
        """Name every text that is not there."""
        text = attempt.output or ""
        absent = [shown(part) for part in self.wanted if not holds(text, part)]
        return Grade(self.name, not absent, f"{', '.join(absent)} not in {shown(text)}" if absent else "")


@dataclass(frozen=True, slots=True)
class Regex:
    """The final text matches a pattern somewhere."""

    pattern: str
    search: Callable[[str], bool]
    name = "regex"

    def grade(self, attempt: Attempt) -> Grade:
        """Search once, in time linear in the text."""
        text = attempt.output or ""
        passed = self.search(text)
        return Grade(self.name, passed, "" if passed else f"{self.pattern} not found in {shown(text)}")


def exact(document: Document) -> Exact:
    """From `exact: "Paris"`.

    Raises:
        InvalidInput
    """
    return Exact(_text(document.data, "exact"))


def contains(document: Document) -> Contains:
    """From `contains: "a"` or `contains: ["a", "b"]`.

    Raises:
        InvalidInput: also for an empty text, which everything contains.
    """
    wanted = document.data if isinstance(document.data, list) and document.data else [document.data]
    return Contains(tuple(_text(part, "contains") for part in wanted))


def regex(document: Document) -> Regex:
    """From `regex: "order #\\\\d+"`.

    Raises:
        InvalidInput
    """
    pattern = _text(document.data, "regex")
    return Regex(pattern, search_for(pattern))


def holds(text: str, part: str) -> bool:
    """Whether `part` is in `text`, in any case of letters."""
    return part.casefold() in text.casefold()


def search_for(pattern: str) -> Callable[[str], bool]:
    """A search for `pattern`, linear in the text, whatever a model wrote.

    Raises:
        InvalidInput: for what RE2 cannot do or does not understand.
    """
    try:
        return searcher(pattern)
    except UnusablePattern as error:
        raise InvalidInput.one("regex", error.what, error.fix) from None


def shown(value: Any) -> str:
    """`value` as JSON, in at most `MAX_SHOWN` characters, for a reason a person reads."""
    try:
        text = json.dumps(value[: MAX_SHOWN + 1] if isinstance(value, str) else value, ensure_ascii=False)
    except (RecursionError, TypeError, ValueError):
        return "a value too deep or too large to show"
    return encodable(text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…")


def _text(written: Any, name: str) -> str:
    if not isinstance(written, str) or not written.strip():
        what = f"needs text, not {shown(written)}" if written is not None else "does not say what to look for"
        example = written if isinstance(written, int | float) else "…"
        raise InvalidInput.one(name, what, f'write  {name}: "{example}"')
    return written
