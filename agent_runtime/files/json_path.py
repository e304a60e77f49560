"""Where a value is inside JSON: `a.b[0].c`, also written `$.a.b[0].c`, and `["any key"]`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

MAX_LENGTH = 500

Steps = tuple[str | int, ...]
"""Keys and list positions, outermost first; a negative position counts from the end."""


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""Nothing is there; a JSON null is there, and is None."""

_NAME = r"[^\W\d][\w-]*"
_STEP = rf"""\.{_NAME}|\[-?\d{{1,9}}\]|\["[^"\]]+"\]|\['[^'\]]+'\]"""
PATTERN: Final = rf"(?:\$|{_NAME}|\[\"[^\"\]]+\"\]|\['[^'\]]+'\])(?:{_STEP})*"
"""What a path looks like, for readers of larger languages. Matches in linear time."""

_WHOLE = re.compile(PATTERN)
_STEPS = re.compile(rf"({_NAME})|\[(-?\d+)\]|\[\"([^\"]+)\"\]|\['([^']+)'\]")


def parse_path(text: str) -> Steps:
    """The steps `text` names; `$` alone is the whole value, with no steps.

    Raises:
        ValueError: with the column where it stops being a path.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a path has at most {MAX_LENGTH} characters")
    found = _WHOLE.match(text)
    end = found.end() if found else 0
    if end != len(text) or not text:
        raise ValueError(f"'{text}' is not a path (column {end + 1}); write it like $.items[0].price")
    return tuple(
        int(position) if position else name or quoted or single
        for name, position, quoted, single in _STEPS.findall(text)
    )


def look_up(data: Any, steps: Steps) -> Any:
    """The value at `steps` in `data`, or `MISSING` if any step leads nowhere."""
    for step in steps:
        if isinstance(step, str):
            if not isinstance(data, Mapping) or step not in data:
                return MISSING
        elif not _is_list(data) or not -len(data) <= step < len(data):
            return MISSING
        data = data[step]
    return data


def _is_list(data: Any) -> bool:
    return isinstance(data, Sequence) and not isinstance(data, str | bytes)
