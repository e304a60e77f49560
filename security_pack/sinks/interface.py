"""What every sink says about a text: which stretches its grammar takes for more than text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from security_pack.catalog.conditions import SinkKind

MAX_TEXT = 1_000_000
"""Characters that are read of one text. What is longer is itself a hit."""

OVERSIZE = "oversize"
TOO_COMPLEX = "too_complex"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text that a grammar takes for more than text.

    Attributes:
        rule: what it is taken for, as one word, such as `event_handler`.
        text: the stretch as the grammar reads it, so decoded; hostile.
        live: it acts whatever it says. False: ordinary, as a link is, unless an attacker chose what it says.
    """

    rule: str
    text: str
    live: bool = True


@dataclass(frozen=True, slots=True)
class SinkHit:
    """One live stretch. `excerpt` is hostile text; escape it where you show it."""

    kind: SinkKind
    rule: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Sink:
    """One grammar.

    Attributes:
        parts: reads at most `limit` characters, in linear time; executes, resolves and fetches nothing;
            raises nothing, whatever it is given. May repeat itself.
        limit: how much of a text it reads.
        of_values: the strings inside a JSON text are read too, as each would be put into the sink.
    """

    kind: SinkKind
    parts: Callable[[str], Iterator[Part]]
    limit: int = MAX_TEXT
    of_values: bool = True


def until_nth(text: str, characters: str, count: int) -> str:
    """`text` up to the `count`-th of any of `characters`: what a slow parser can be given."""
    seen = 0
    for at, character in enumerate(text):
        if character in characters:
            seen += 1
            if seen > count:
                return text[:at]
    return text
