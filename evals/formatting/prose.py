"""The verdict's own words: markdown with **bold** and `code`, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evals.results.verdict import Verdict

_MARKED = re.compile(r"\*\*(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`")
_AFTER_TITLE = re.compile(r"^(\s*\((?:simulated|recorded)\))?[\s—–:.-]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a sentence. `kind` is text, bold or code; `text` is raw: escape at the sink."""

    kind: str
    text: str


def spans(markdown: str) -> tuple[Span, ...]:
    """The sentence in pieces. Any other markup stays the text it is. Linear time."""
    pieces: list[Span] = []
    end = 0
    for found in _MARKED.finditer(markdown):
        pieces.append(Span("text", markdown[end : found.start()]))
        kind = found.lastgroup or "text"
        pieces.append(Span(kind, found[kind]))
        end = found.end()
    pieces.append(Span("text", markdown[end:]))
    return tuple(piece for piece in pieces if piece.text)


def without_title(pieces: tuple[Span, ...]) -> tuple[Span, ...]:
    """The headline without its "**DRIFT** (simulated) — ", which the page prints as title and badge."""
    if len(pieces) < 2 or pieces[0].kind != "bold" or pieces[1].kind != "text":
        return pieces
    first = _AFTER_TITLE.sub("", pieces[1].text)
    rest = (Span("text", first[:1].upper() + first[1:]), *pieces[2:])
    return tuple(piece for piece in rest if piece.text)


def unbroken(pieces: tuple[Span, ...]) -> tuple[Span, ...]:
    """The sentence for a page: no line ends before a "%" or beside an arrow."""
    return tuple(
        Span(piece.kind, piece.text.replace(" → ", "\u00a0→\u00a0").replace(" %", "\u00a0%"))
        for piece in pieces
    )


def new_reasons(verdict: Verdict) -> tuple[tuple[Span, ...], ...]:
    """The verdict's reasons, without those that its headline says already."""
    headline = _plain(spans(verdict.headline))
    # As plain text without case: a headline begins its reason with a small letter, and may bold a part of it.
    written = (spans(reason) for reason in verdict.reasons)
    return tuple(reason for reason in written if _plain(reason) not in headline)


def _plain(pieces: tuple[Span, ...]) -> str:
    return "".join(piece.text for piece in pieces).casefold().strip(" .")
