"""Paths: what climbs, what is absolute, and what a decoder makes of the rest."""

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
        ("../../etc/passwd", "climbs"),
        ("..\\..\\win.ini", "climbs"),
        ("a/%2e%2e%2fb", "climbs"),
        ("%252e%252e%255cb", "climbs"),
        ("%%32%65%%32%65/b", "climbs"),
        ("..%c0%afb", "climbs"),
        ("%c0%ae%c0%ae/b", "climbs"),
        ("\uff0e\uff0e/b", "climbs"),
        ("..../b", "climbs"),
        ("%f8%80%80%80%ae%f8%80%80%80%ae/b", "climbs"),
        ("%%2e%%2e/b", "climbs"),
        ("..%c0%9vb", "climbs"),
        ("..", "climbs"),
        ("the file ../b, please", "climbs"),
        ("/etc/passwd", "absolute"),
        ("C:\\boot.ini", "absolute"),
        ("~/.ssh/id", "absolute"),
        ("file:///etc/passwd", "absolute"),
        ("a.txt%00.png", "null_byte"),
        ("a" * 300, "overlong"),
    ],
)
def test_a_path_that_leaves_its_folder_is_live(text: str, rule: str) -> None:
    assert rule in rules("path", text)


@pytest.mark.parametrize(
    "text", ["a/b.txt", "./a", "..hidden", "a..b/c", "and so on ... and/or", "v1.2/x", "100% done/ok", ""]
)
def test_a_path_below_is_not(text: str) -> None:
    assert rules("path", text) == set()


def test_a_canary_fires_in_the_path_that_climbs() -> None:
    assert fires("path", f"saved to ../../{CANARY}", CANARY)
    assert fires("path", f"/tmp/{CANARY}", CANARY)
    assert not fires("path", f"../x is not where {CANARY} is", CANARY)
