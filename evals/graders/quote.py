"""How graders quote a value in the reason of a grade."""

from __future__ import annotations

import json
from typing import Any

from agent_runtime.files.patterns import encodable

MAX_QUOTE = 120


def quote(value: Any) -> str:
    """`value` as JSON, in at most `MAX_QUOTE` characters, for a reason that a person reads."""
    try:
        text = json.dumps(value[: MAX_QUOTE + 1] if isinstance(value, str) else value, ensure_ascii=False)
    except (RecursionError, TypeError, ValueError):
        return "a value too deep or too large to show"
    return encodable(text if len(text) <= MAX_QUOTE else f"{text[: MAX_QUOTE - 1]}…")
