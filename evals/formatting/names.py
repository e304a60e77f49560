"""Names and ids of other people, short and harmless enough to be printed."""

from __future__ import annotations

from collections.abc import Sequence

from agent_runtime.visible import masked

NAMED = 3
"""Cases named in a headline before the rest is counted."""


_LONGEST_ID = 60


def inert(name: str) -> str:
    """A case id or other foreign name as a markdown code span that cannot be anything else.

    Backticks would end the span, bars a table cell, control and format characters the line or its direction.
    """
    plain = masked(name.replace("\u2028", " ").replace("\u2029", " "))
    plain = " ".join(plain.split()).replace("`", "'").replace("|", "¦")
    clipped = plain if len(plain) <= _LONGEST_ID else plain[: _LONGEST_ID - 1] + "…"
    return f"`{clipped or '(no name)'}`"


def listed(case_ids: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = len(case_ids) - NAMED
    return ", ".join(map(inert, case_ids[:NAMED])) + (f" and {more} more" if more > 0 else "")
