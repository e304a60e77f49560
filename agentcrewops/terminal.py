"""What reaches the terminal: nothing that could move its cursor, set its title or reverse its text."""

from __future__ import annotations

import os
import sys
import unicodedata


def printable(text: str) -> str:
    """The text with control, format and bidi characters made visible; newlines and tabs stay."""
    return "".join(character if _harmless(character) else f"\\u{ord(character):04x}" for character in text)


def plain(markdown: str) -> str:
    """Markdown bold and code as plain text; control characters never reach the terminal."""
    return printable(markdown.replace("**", "").replace("`", ""))


def coloured() -> bool:
    """Whether stdout is a terminal that wants colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _harmless(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
