"""What somebody probably meant by a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LIKENESS = 0.6
"""Share of letters that stand in both in the same order: `promt` finds `prompt`, `model` does not find `policy`.

https://docs.python.org/3/library/difflib.html#difflib.SequenceMatcher.ratio
"""


def did_you_mean(written: str, known: Iterable[str], otherwise: str) -> str:
    """The advice `did you mean '…'?`, or `otherwise` if no known name is like the written one."""
    close = similar(written, known, most=1)
    return f"did you mean '{close[0]}'?" if close else otherwise


def similar(written: str, known: Iterable[str], most: int) -> list[str]:
    """The known names that are like the written one, the most similar first."""
    return difflib.get_close_matches(written, list(known), n=most, cutoff=_LIKENESS)
