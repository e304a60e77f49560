"""What reaches the terminal: nothing that could move its cursor, set its title or reverse its text."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """The text with control, format and bidi characters made visible; newlines and tabs stay."""
    return "".join(character if _harmless(character) else f"\\u{ord(character):04x}" for character in text)


def _harmless(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
