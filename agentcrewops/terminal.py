"""How we write on a terminal or in a job's log: plainly, in colour if wanted, and never what could act on it."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

from agent_runtime.visible import escaped

_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)", re.MULTILINE)
"""What the runner of GitHub Actions obeys when it stands in a log: ::error:: begins a line, ##[error] is anywhere.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""


def printable(text: str) -> str:
    """The text with control, format and bidi characters made visible; newlines and tabs stay.

    In a job of GitHub Actions, no line of it is a command to the runner.
    """
    shown = escaped(text)
    return _COMMAND.sub(r"\g<0> ", shown) if os.environ.get("GITHUB_ACTIONS") else shown


def printable_json(value: Any) -> str:
    """The value as JSON in ASCII, which no terminal and no runner obeys."""
    return json.dumps(value, indent=2).replace("##[", "#\\u0023[")


def plain(markdown: str) -> str:
    """Markdown bold and code as plain text; control characters never reach the terminal."""
    return printable(markdown.replace("**", "").replace("`", ""))


def coloured() -> bool:
    """Whether stdout is a terminal that wants colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
