"""How we write on a terminal: plainly, in colour where it is wanted, and never what could act on it."""

from __future__ import annotations

import os
import sys

from agent_runtime.terminal import printable

__all__ = ["coloured", "plain", "printable"]


def plain(markdown: str) -> str:
    """Markdown bold and code as plain text; control characters never reach the terminal."""
    return printable(markdown.replace("**", "").replace("`", ""))


def coloured() -> bool:
    """Whether stdout is a terminal that wants colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
