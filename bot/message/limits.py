"""Texts cut to what GitHub takes: on whole blocks or lines, with a last word that says so."""

from __future__ import annotations

from collections.abc import Iterable


def whole_blocks(blocks: Iterable[str], most_bytes: int, ending: str) -> str:
    """As many blocks, from the first on, as fit together with `ending`; all, without it, if they fit.

    Bytes of UTF-8, because GitHub counts characters in one place and bytes in another.
    """
    there = list(blocks)
    whole = _joined(there)
    if weight(whole) <= most_bytes:
        return whole
    room, fitting = most_bytes - weight(ending) - 2, list[str]()
    for block in there:
        room -= weight(block) + 2
        if room < 0:
            break
        fitting.append(block)
    if not fitting and there:
        return whole_lines(there[0], most_bytes, f"\n\n{ending}\n")
    return _joined([*fitting, ending])


def whole_lines(text: str, most_bytes: int, ending: str) -> str:
    """The text if it fits, else as many whole lines as fit together with `ending`."""
    if weight(text) <= most_bytes:
        return text
    room, fitting = most_bytes - weight(ending), list[str]()
    for line in text.splitlines(keepends=True):
        room -= weight(line)
        if room < 0:
            break
        fitting.append(line)
    return f"{''.join(fitting).rstrip()}{ending}" if most_bytes >= weight(ending) else ""


def weight(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode(errors="replace"))


def _joined(blocks: list[str]) -> str:
    return "".join(f"{block.strip()}\n\n" for block in blocks if block.strip()).rstrip() + "\n"
