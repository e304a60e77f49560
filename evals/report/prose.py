"""The verdict's own words: markdown with **bold** and `code`, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARKED = re.compile(r"\*\*(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`")


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
    """The headline without its leading bold word, which the page prints as the title."""
    if len(pieces) < 2 or pieces[0].kind != "bold":
        return pieces
    first = pieces[1].text.lstrip(" —–-:.,") if pieces[1].kind == "text" else pieces[1].text
    rest = (Span(pieces[1].kind, first[:1].upper() + first[1:]), *pieces[2:])
    return tuple(piece for piece in rest if piece.text)
