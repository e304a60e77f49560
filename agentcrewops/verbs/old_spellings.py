"""Commands that moved: the old spelling works until 1.0, and says the new one on stderr.

Why, and where each went: docs/decisions/0017-fourteen-commands.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

MOVED: Mapping[str, str] = {
    "merge": "canary merge",
    "grade": "canary grade",
    "report": "canary report",
    "trend": "canary trend",
    "import": "canary import",
    "import inspect": "canary import inspect",
    "import promptfoo": "canary import promptfoo",
    "import junit": "canary import junit",
    "redact": "policy redact",
    "egress": "policy egress",
    "egress check": "policy egress",
    "mcp": "agent mcp",
    "mcp pin": "agent mcp pin",
}
"""Old spelling → new one. The longest that fits counts."""

JOINED: Mapping[str, str] = {"validate": "check --offline", "doctor": "check"}
"""What `check` does today. They print what they always printed, since scripts read it."""


def current_spelling(words: Sequence[str]) -> list[str]:
    """The words that are meant; if an old spelling was typed, a note on stderr names the new one."""
    # Two words first: `egress check` is now `policy egress`, and not `policy egress check`.
    for typed in (" ".join(words[:2]), words[0]):
        if typed in MOVED:
            _note(typed, MOVED[typed])
            return [*MOVED[typed].split(), *words[len(typed.split()) :]]
    if words[0] in JOINED:
        _note(words[0], JOINED[words[0]])
    return list(words)


def _note(old: str, new: str) -> None:
    sys.stderr.write(
        f"note: `agentcrewops {old}` is now `agentcrewops {new}`; the old spelling works until 1.0\n"
    )
