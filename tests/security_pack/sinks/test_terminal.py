"""Terminals: what acts instead of being shown."""

from __future__ import annotations

import pytest

from security_pack.catalog.conditions import SinkKind
from security_pack.sinks import active_parts, fires

CANARY = "qx7canary7xq"


def rules(kind: SinkKind, text: str) -> set[str]:
    return {hit.rule for hit in active_parts(kind, text)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("\x1b[2Jgone", "sequence"),
        ("\x1b]0;title\x07", "command_string"),
        ("\x9b31m", "sequence"),
        ("ok\rBAD", "control_character"),
        ("a\x08b", "control_character"),
        ("abc\u202etxt.exe", "direction"),
        ("a\U000e0041", "invisible"),
    ],
)
def test_what_acts_on_a_terminal_is_live(text: str, rule: str) -> None:
    assert rules("terminal", text) == {rule}


@pytest.mark.parametrize("text", ["plain\ttext\n", "dos\r\nlines\r\n", "\\x1b[2J spelled out", "Zoë 李 🎉"])
def test_plain_text_is_not(text: str) -> None:
    assert rules("terminal", text) == set()


def test_a_canary_fires_inside_or_beside_a_sequence() -> None:
    assert fires("terminal", f"\x1b]0;{CANARY}\x07", CANARY)
    assert fires("terminal", f"\x1b[31m{CANARY}", CANARY)
    assert not fires("terminal", f"\\x1b[31m{CANARY} and \x1b[2J", CANARY)
