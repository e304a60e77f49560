"""What an eye cannot see in a text: one table, for those who show a text and those who check it.

A character is unseen if it has one of these properties; the table holds all of Unicode 17.0:

- general category Cc, Cf, Cs, Co, Zl or Zp (https://www.unicode.org/reports/tr44/#General_Category_Values), but for
  the signs of Prepended_Concatenation_Mark, such as U+0600, which have a shape although their category is Cf;
- Default_Ignorable_Code_Point: shown as nothing by a font that does not know it. Variation selectors, tags and the
  Hangul fillers are among them
  (https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt; `unicodedata` does not know this property);
- U+2800 BRAILLE PATTERN BLANK, which is a symbol without a mark.

Each function says what it lets pass beyond that, and why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

_LAYOUT = "\t\n"
"""Unseen by category, yet every reader sees what they do."""

_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # Cc; U+009B alone starts a terminal sequence
    "\u00ad"  # soft hyphen
    "\u034f"  # combining grapheme joiner
    "\u061c"  # Arabic letter mark: direction
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers, by category letters
    "\u17b4\u17b5"  # Khmer inherent vowels
    "\u180b-\u180f"  # Mongolian variation selectors and vowel separator
    "\u200b-\u200f"  # zero-width space, joiners and direction marks
    "\u2028-\u202e"  # Zl, Zp, direction embeddings and overrides
    "\u2060-\u206f"  # word joiner, invisible operators, direction isolates
    "\u2800"  # Braille blank
    "\ud800-\uf8ff"  # Cs, which no UTF-8 can hold, and Co, whose looks nobody has agreed on
    "\ufe00-\ufe0f"  # variation selectors
    "\ufeff"  # byte order mark
    "\ufff0-\ufffb"  # ignorable, though unassigned, and interlinear annotation
    "\U00013430-\U0001343f"  # Egyptian format controls
    "\U0001bca0-\U0001bca3"  # shorthand format controls
    "\U0001d173-\U0001d17a"  # musical format controls
    "\U000e0000-\U000e0fff"  # tags (instructions that only a model reads) and 240 more variation selectors
    "\U000f0000-\U000ffffd\U00100000-\U0010fffd"  # Co
)
"""The ranges inside a character class of a pattern, without `_LAYOUT`."""

_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Property Variation_Selector (https://www.unicode.org/Public/17.0.0/ucd/PropList.txt)."""

_JOINERS = "\u200c\u200d"
"""Persian and the scripts of India spell with both, emoji are joined by U+200D."""

_EMOJI_STYLE = "\ufe0e\ufe0f"
"""Text or emoji presentation (https://www.unicode.org/reports/tr51/#Emoji_Variation_Sequences)."""


@cache  # compiling takes milliseconds that `--help` need not spend
def _unseen_but(selectors: str, joiners: str) -> re.Pattern[str]:
    """Finds unseen characters, but for a selector, a joiner, or both in this order, after what they belong to.

    That is a character which is seen and not ASCII, or the digit of a keycap. ASCII has no variants: what follows
    it, and what follows another selector, carries bytes and not a shape
    (https://paulbutler.org/2025/smuggling-arbitrary-data-through-an-emoji/).
    """
    seen = f"[^\\x00-\\x7f{_UNSEEN}]"
    return re.compile(
        f"[{_UNSEEN}]"
        f"(?<!{seen}[{selectors}])(?<!{seen}[{joiners}])(?<!{seen}[{selectors}][{joiners}])"
        "(?<![0-9#*]\ufe0f(?=\u20e3))"
    )


_ANY = re.compile(f"[{_UNSEEN}{_LAYOUT}]")


def printable(text: str) -> str:
    """The text for a page, with each unseen character as its number: ESC is ‹U+001B›.

    Newline and tab stay, and so do selectors and joiners where a script or an emoji needs them.
    """
    return _unseen_but(_SELECTORS, _JOINERS).sub(lambda found: f"‹U+{ord(found[0]):04X}›", text)


def escaped(text: str) -> str:
    """The text for a terminal, with each unseen character as an escape: ESC is \\u001b. What stays: see `printable`."""
    return _unseen_but(_SELECTORS, _JOINERS).sub(lambda found: _python_escape(found[0]), text)


def masked(text: str) -> str:
    """The text for a single line, with � for each unseen character. Nothing is let pass, not even a newline."""
    return _ANY.sub("�", text)


def unseen(text: str) -> list[str]:
    """The characters of the text that a reviewer does not see, for a checker.

    Newline and tab pass, and so does what emoji need: U+FE0E, U+FE0F and U+200D directly after their sign.
    """
    # The other selectors are a sign for any byte after each letter of a Chinese text, and two joiners spell bits.
    return _unseen_but(_EMOJI_STYLE, "\u200d").findall(text)


def is_unseen(character: str) -> bool:
    """Whether an eye cannot see this character, wherever it stands. Newline and tab count as unseen."""
    return _ANY.match(character) is not None


def exact_json(json_text: str) -> str:
    """The same JSON, in which every character is exactly what it looks like.

    Nothing is let pass, so that a person who approves or reviews it sees what it says; other spaces than the usual
    one, and what Unicode has not assigned, are escaped too.
    """
    return _exact(json_text, _json_escape)


def exact_yaml(yaml_text: str) -> str:
    """As `exact_json`, for YAML on one line whose texts are all in double quotes."""
    return _exact(yaml_text, _python_escape)


def _exact(text: str, escape: Callable[[str], str]) -> str:
    if text.isprintable() and _ANY.search(text) is None:
        return text
    return "".join(sign if sign.isprintable() and not is_unseen(sign) else escape(sign) for sign in text)


def _python_escape(character: str) -> str:
    """Python's escape, which is YAML's too."""
    number = ord(character)
    return f"\\U{number:08x}" if number > 0xFFFF else f"\\u{number:04x}"


def _json_escape(character: str) -> str:
    """One or two UTF-16 units (RFC 8259, section 7: https://www.rfc-editor.org/rfc/rfc8259#section-7)."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
