"""Paths: segments that climb, absolute paths, and what a decoder on the way may turn into them.

The spellings: https://owasp.org/www-community/attacks/Path_Traversal
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from security_pack.sinks.interface import Part, Sink

_ROUNDS = 4
"""Decodings that are tried one after the other: `%252e`, `%%32%65`."""
_MAX_SEGMENT = 255
_MAX_SEGMENTS = 256
# A byte of C0 or C1, or E0, F0, … before 80 or 81, begins an overlong form of an ASCII character:
# https://www.rfc-editor.org/rfc/rfc3629#section-10
_OVERLONG = re.compile(
    r"%(?:c|(?:e0|f0%80|f8%80%80|fc%80%80%80)%8)([01])%([0-9a-z]{2})|%(c)([01])(?=[./\\])", re.IGNORECASE
)
# IIS's %u, C's 0x, and the characters that Unicode folds into these three.
_FOLDED = (
    (re.compile(r"%u(?:002e|ff0e)|0x2e", re.I), "."),
    (re.compile(r"%u(?:002f|2215|2044|ff0f|f025)|0x2f", re.I), "/"),
    (re.compile(r"%u(?:005c|2216|ff3c|efc8)|0x5c", re.I), "\\"),
    (re.compile(r"[\uff0e\u2024]"), "."),
    (re.compile(r"[\u2044\u2215\uff0f\u29f8]"), "/"),
    (re.compile(r"[\u2216\uff3c\ufe68]"), "\\"),
)
_SEPARATOR = re.compile(r"[/\\]+")
_ABSOLUTE = re.compile(r"[/\\]|[a-z]:[/\\]|~[a-z0-9_\-]*(?:/|$)|file:", re.I)


def parts(text: str) -> Iterator[Part]:
    """The whole text as one path, and every word of it that climbs."""
    decoded = _decoded(text.strip())
    for word in decoded.split():
        if (".." in word or "%" in word) and any(_climbs(segment) for segment in _segments(word)):
            yield Part("climbs", word)
    if "\n" not in decoded:
        yield from _of_path(decoded)


def _of_path(path: str) -> Iterator[Part]:
    if path == "..":
        yield Part("climbs", path)
    if _ABSOLUTE.match(path):
        yield Part("absolute", path)
    if "\0" in path:
        yield Part("null_byte", path)
    segments = _SEPARATOR.split(path)
    if len(segments) > _MAX_SEGMENTS or (" " not in path and max(map(len, segments)) > _MAX_SEGMENT):
        yield Part("overlong", path)


def _segments(word: str) -> list[str]:
    segments = _SEPARATOR.split(word.strip("\"'`()<>,*"))
    return segments if len(segments) > 1 else []


def _climbs(segment: str) -> bool:
    """Two dots or more and nothing else: Windows drops trailing dots and blanks, filters halve `....`.

    https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
    """
    bare = segment.partition(";")[0].strip(" \t\0").replace("%", "")
    return len(bare) >= 2 and not bare.strip(".")


def _decoded(path: str) -> str:
    for _ in range(_ROUNDS):
        again = _OVERLONG.sub(_ascii, path)
        for pattern, plain in _FOLDED:
            again = pattern.sub(plain.replace("\\", "\\\\"), again)
        again = unquote(again, errors="replace")
        if again == path:
            break
        path = again
    return path


def _ascii(found: re.Match[str]) -> str:
    """The character that a careless decoder makes of an overlong form; `/` if even that is broken (`%c0%9v`)."""
    if found[3]:
        return ""
    try:
        low = int(found[2], 16)
    except ValueError:
        return "/"
    return chr(low if low < 0x80 else int(found[1]) << 6 | low & 0x3F)


SINK = Sink("path", parts)
