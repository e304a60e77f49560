"""A terminal: sequences and characters that act on it instead of being shown.

Control sequences: https://ecma-international.org/publications-and-standards/standards/ecma-48/, direction:
https://www.unicode.org/reports/tr9/, invisible tags: https://www.unicode.org/charts/PDF/UE0000.pdf
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from security_pack.sinks.interface import TOO_COMPLEX, Part, Sink

_STRING = r"(?:\x1b[\]P^_X]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)?"
_CONTROL = r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]?"
_ESCAPE = r"\x1b[ -/]{0,8}[0-~]?"
_LONE = r"\r(?!\n|$)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
_DIRECTION = r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_TAGS = r"[\U000e0000-\U000e007f]+"
_ACTS = re.compile(
    f"(?P<command_string>(?:{_STRING})+)|(?P<sequence>(?:{_CONTROL}|{_ESCAPE})+)"
    f"|(?P<control_character>(?:{_LONE})+)|(?P<direction>{_DIRECTION}+)|(?P<invisible>{_TAGS})"
)
_MOST = 50_000
"""Sequences that are reported of one text."""
_WORD = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{0,80}")
_NO_WORD = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_TOUCHING = 80


def parts(text: str) -> Iterator[Part]:
    """Every acting sequence, with the word that touches it on either side."""
    sequences = _ACTS.finditer(text)
    for found in islice(sequences, _MOST):
        before = _NO_WORD.split(text[max(0, found.start() - _TOUCHING) : found.start()])[-1]
        after = _WORD.match(text, found.end())
        yield Part(found.lastgroup or "", f"{before}{found[0]}{after[0] if after else ''}")
    if next(sequences, None) is not None:
        yield Part(TOO_COMPLEX, f"more than {_MOST:,} sequences")


SINK = Sink("terminal", parts)
