"""Graders of the raw final text: exact, contains, regex."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from agent_runtime.files.patterns import UnusablePattern, searcher
from evals.graders.kind import GraderKind
from evals.graders.quote import quote
from evals.results.records import Attempt, Grade


@dataclass(frozen=True, slots=True)
class Exact:
    """The whole final text is `expected`; white space around either does not count."""

    expected: str
    name = "exact"

    def grade(self, attempt: Attempt) -> Grade:
        """Compare the trimmed texts."""
        text = (attempt.output or "").strip()
        passed = text == self.expected.strip()
        return Grade(self.name, passed, "" if passed else f"was {quote(text)}, not {quote(self.expected)}")


@dataclass(frozen=True, slots=True)
class Contains:
    """The final text contains every one of `texts`, in any case of letters."""

    texts: tuple[str, ...]
    name = "contains"

    def grade(self, attempt: Attempt) -> Grade:
        """Name every text that is not there."""
        text = attempt.output or ""
        absent = [quote(part) for part in self.texts if not contains(text, part)]
        return Grade(self.name, not absent, f"{', '.join(absent)} not in {quote(text)}" if absent else "")


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
        return Grade(self.name, passed, "" if passed else f"{self.pattern} not found in {quote(text)}")


def contains(text: str, part: str) -> bool:
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


def _text_of(name: str) -> Callable[[Document], str]:
    return lambda document: _text(document.data, name)


def _texts(document: Document) -> tuple[str, ...]:
    """One text, or a list of them; an empty one is refused, since everything contains it."""
    listed = document.data if isinstance(document.data, list) and document.data else [document.data]
    return tuple(_text(part, "contains") for part in listed)


def _text(written: Any, name: str) -> str:
    if not isinstance(written, str) or not written.strip():
        what = f"needs text, not {quote(written)}" if written is not None else "does not say what to look for"
        example = written if isinstance(written, int | float) else "…"
        raise InvalidInput.one(name, what, f'write  {name}: "{example}"')
    return written


EXACT = GraderKind(
    name="exact",
    read=_text_of("exact"),
    build=lambda text, _: Exact(text),
    checks="The whole answer is this text; white space around it does not count.",
    example='exact: "Paris"',
)
CONTAINS = GraderKind(
    name="contains",
    read=_texts,
    build=lambda texts, _: Contains(texts),
    checks="The answer contains every one of these texts, in any case of letters.",
    example='contains: ["refund", "processed"]',
)
REGEX = GraderKind(
    name="regex",
    read=_text_of("regex"),
    build=lambda pattern, _: Regex(pattern, search_for(pattern)),
    checks="The answer matches this pattern somewhere (RE2: linear time, whatever the model writes).",
    example=r'regex: "order #\\d+"',
)
