"""Paths: segments that climb, absolute paths, and what a decoder on the way may turn into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from security_pack.sinks.interface import Part, Sink

_ROUNDS = 4
"""Decodings that are tried one after the other: `%252e`, `%%32%65`."""
_MAX_SEGMENT = 255
_MAX_SEGMENTS = 256
# Overlong UTF-8 (the last byte with or without its marker bit), IIS's %u and C's 0x, all for . / and \
_FOLDED = (
    (re.compile(r"%c0%(?:ae|2e)|%e0%80%ae|%u(?:002e|ff0e)|0x2e", re.I), "."),
    (re.compile(r"%c0%(?:af|2f)|%e0%80%af|%u(?:002f|2215|2044|ff0f|f025)|0x2f", re.I), "/"),
    (re.compile(r"%c1%9c|%c0%5c|%u(?:005c|2216|ff3c|efc8)|0x5c", re.I), "\\"),
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
        if ".." in word and any(_climbs(segment) for segment in _segments(word)):
            yield Part("climbs", word)
    if "\n" not in decoded:
        yield from _of_path(decoded)


def _of_path(path: str) -> Iterator[Part]:
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
    """Two dots or more and nothing else: Windows drops trailing dots and blanks, filters halve `....`."""
    bare = segment.partition(";")[0].strip(" \t\0")
    return len(bare) >= 2 and not bare.strip(".")


def _decoded(path: str) -> str:
    for _ in range(_ROUNDS):
        again = path
        for pattern, plain in _FOLDED:
            again = pattern.sub(plain.replace("\\", "\\\\"), again)
        again = unquote(again, errors="replace")
        if again == path:
            break
        path = again
    return path


SINK = Sink("path", parts)
