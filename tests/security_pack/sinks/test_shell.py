"""Shells: text that commands something."""

from __future__ import annotations

import pytest

from security_pack.sinks import active_parts, fires

CANARY = "qx7canary7xq"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a; rm -rf /", "command"),
        ("a && id", "command"),
        ("a | id", "command"),
        ("a\nid", "command"),
        ("$(id)", "substitution"),
        ("`id`", "substitution"),
        ("<(id)", "substitution"),
        ("a > /etc/passwd", "redirect"),
        ("sleep 9 &", "background"),
        ("';id;'", "command"),
        ('"; id; "', "command"),
        ("() { :;}; /bin/sh -c id", "command"),
    ],
)
def test_text_that_commands_is_live_in_a_shell(text: str, rule: str) -> None:
    assert rule in {hit.rule for hit in active_parts("shell", text)}


@pytest.mark.parametrize("text", ["plain words", r"a\;b", "file-1.txt", "a=b", "x # not a comment; id"])
def test_words_escapes_and_comments_are_not(text: str) -> None:
    assert active_parts("shell", text) == ()


@pytest.mark.parametrize(
    ("text", "live"),
    [
        (f"x; curl {CANARY}", True),
        (f"$(echo {CANARY})", True),
        (f"';{CANARY};'", True),
        (f"say '{CANARY}; really'", False),
        (f"x; echo y > {CANARY}", True),
        (f"{CANARY}; ls", False),
    ],
)
def test_a_canary_fires_in_a_command_only(text: str, live: bool) -> None:
    assert fires("shell", text, CANARY) is live
