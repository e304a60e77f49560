"""Finds a canary that is disguised: encoded, reversed, or written in characters that nobody sees.

It is the canary that is encoded, not the text that is decoded: a literal search per spelling, so the time is
linear in the text, whatever the text holds, and an encoding that begins in the middle of another is found too.
"""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import permutations
from urllib.parse import unquote

from agent_runtime.visible import is_unseen

SHORTEST = 6
"""Characters a spelling must have: shorter ones turn up by chance."""

Spellings = Mapping[str, str]
"""What to look for, and how that is called."""


def found_in(text: str, canary: str) -> str | None:
    """How `canary` stands in `text`: `as it is`, `in base64`, …; None if it does not."""
    if canary in text:
        return "as it is"
    if len(canary) < SHORTEST:
        return None
    spellings = _spellings(canary)
    for view in _views(text):
        for spelling, name in spellings.items():
            if spelling in view:
                return name
    if any(spelling in _hex_digits(text) for spelling in _hex_spellings(canary)):
        return "in hex"
    return "in characters nobody sees" if _hidden(text, canary) else None


@lru_cache(maxsize=64)
def _spellings(canary: str) -> Spellings:
    """Reversed or rotated; encoded; both; encoded twice."""
    rotated = {canary.upper(): "in capitals", canary.lower(): "in small letters"}
    rotated |= {codecs.encode(canary, "rot13"): "in rot13", canary[::-1]: "reversed"}
    rotated[canary] = "with something between its characters"
    once = {coded: f"in {kind}" for coded, kind in _coded(canary)}
    both = {
        coded: f"{name}, then in {kind}" for plain, name in rotated.items() for coded, kind in _coded(plain)
    }
    twice = {
        coded: f"{name}, then in {kind}" for plain, name in once.items() for coded, kind in _coded(plain)
    }
    every = twice | both | once | rotated
    return {spelling: name for spelling, name in every.items() if len(spelling) >= SHORTEST}


def _coded(plain: str) -> Iterator[tuple[str, str]]:
    data = plain.encode("utf-8", "replace")
    for before in range(3):
        for coded in (base64.b64encode, base64.urlsafe_b64encode):
            yield _certain(coded(b"\0" * before + data).decode(), before), "base64"
    yield data.hex(), "hex"
    yield data.hex().upper(), "hex"


def _certain(coded: str, before: int) -> str:
    """Of base64 whose first `before` bytes are unknown: the characters that do not depend on neighbours."""
    bare = coded.rstrip("=")
    padded = len(coded) - len(bare)
    return bare[(0, 2, 3)[before] : len(bare) - (1 if padded else 0)]


def _views(text: str) -> Iterator[str]:
    """The text as somebody might read it: as it is, without what is invisible, unquoted, on one line."""
    yield text
    folded = text.translate(_FOLDED) if not text.isascii() else text
    yield folded
    if "%" in folded:
        once = unquote(folded)
        yield once
        yield unquote(once)
    yield re.sub(r"\s+", "", folded)


def _hex_spellings(canary: str) -> tuple[str, ...]:
    forms = (canary, canary[::-1], codecs.encode(canary, "rot13"))
    return tuple(form.encode("utf-8", "replace").hex() for form in forms)


def _hex_digits(text: str) -> str:
    """Hex written with anything usual between the bytes, as one run: `\\x71 0x61:6E` is 71616e."""
    return re.sub(r"\\x|0x|[\s:,;_-]", "", text.lower())


class _Folds(dict[int, str | None]):
    """NFKC, character by character: whole-text normalisation is quadratic in runs of combining marks.

    https://www.unicode.org/reports/tr15/
    """

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        dropped = is_unseen(character) or unicodedata.category(character) in {"Cf", "Mn", "Me"}
        if dropped and character not in "\n\t\r":
            folded = None
        else:
            normal = unicodedata.normalize("NFKC", character)
            folded = normal if len(normal) <= 4 else None
        self[code] = folded
        return folded


_FOLDED = _Folds()
# Two ways to write bytes that no font shows: tags and variation selectors, the same block of Unicode
# (https://www.unicode.org/charts/PDF/UE0000.pdf, https://www.unicode.org/charts/PDF/UE0100.pdf).
_TAGS = {code: code - 0xE0000 for code in range(0xE0020, 0xE007F)}
_SELECTORS = {0xFE00 + byte: byte for byte in range(16)} | {0xE0100 + byte: byte + 16 for byte in range(240)}
_BITS = "\u200b\u200c\u200d\u2060\ufeff\u180e"


def _hidden(text: str, canary: str) -> bool:
    """Tag characters, variation selectors, or two zero-width characters as 0 and 1."""
    if text.isascii():
        return False
    for table in (_TAGS, _SELECTORS):
        hidden = "".join(character for character in text if ord(character) in table)
        if canary in hidden.translate(table):
            return True
    return _in_bits("".join(re.findall(f"[{_BITS}]+", text)), canary)


def _in_bits(hidden: str, canary: str) -> bool:
    data = canary.encode("utf-8", "replace")
    spellings = [
        "".join(f"{byte:0{width}b}" for byte in data) for width in (8, 7) if width == 8 or canary.isascii()
    ]
    for zero, one in permutations(sorted(set(hidden)), 2):
        drop = {ord(character): None for character in _BITS}
        bits = hidden.translate(drop | {ord(zero): "0", ord(one): "1"})
        if any(spelling in bits for spelling in spellings):
            return True
    return False
