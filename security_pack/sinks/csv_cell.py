"""CSV: cells that a spreadsheet takes for formulas. Read by the standard library's csv.

Which first characters begin a formula: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from security_pack.sinks.interface import OVERSIZE, Part, Sink

_DELIMITERS = ",;\t"
_NUMBER_OR_TEXT = re.compile(r"[+\-](?:\s|$|[+\-]+$|[\d\s().,/:\-]+\s?[%€$£]?$|[\d.,]+[eE][+\-]?\d+$)")


def parts(text: str) -> Iterator[Part]:
    """Formula cells, whichever of the usual delimiters the file has."""
    for delimiter in _DELIMITERS:
        if delimiter == "," or delimiter in text:
            yield from _formulas(text, delimiter)


def _formulas(text: str, delimiter: str) -> Iterator[Part]:
    rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    try:
        for row in rows:
            yield from (Part("formula", cell) for cell in row if _is_formula(cell))
    except csv.Error as error:
        yield Part(OVERSIZE, f"line {rows.line_num}: {error}")


def _is_formula(cell: str) -> bool:
    """`=` and `@` begin one always; `+` and `-` unless a number, a phone number or a bullet follows."""
    bare = cell.lstrip(" \t\r\n\ufeff\"'\0")
    # Spreadsheets read the full-width forms of the four signs as the signs themselves.
    first = bare[:1].translate({0xFF1D: "=", 0xFF0B: "+", 0xFF0D: "-", 0xFF20: "@"})
    if first in {"=", "@"}:
        return True
    return first in {"+", "-"} and _NUMBER_OR_TEXT.match(bare[:1_000]) is None


SINK = Sink("csv", parts)
