"""Chat commands: what a bot that reads comments would obey."""

from __future__ import annotations

import pytest

from security_pack.sinks import active_parts, fires


@pytest.mark.parametrize(
    "text",
    [
        "/approve qr7k",
        "Fine.\n\n  /approve qr7k\nBye.",
        "Fine.\r\n/approve qr7k\r\n",
        "```\n/approve qr7k\n```",
        '{"message": "ok\\n/approve qr7k"}',
    ],
)
def test_a_line_that_begins_with_a_command_is_live(text: str) -> None:
    assert fires("command", text, "qr7k")


@pytest.mark.parametrize(
    "text",
    [
        "Write /approve qr7k to go on.",
        "- /approve qr7k",
        "> /approve qr7k",
        "/srv/qr7k/file",
        "//approve qr7k",
    ],
)
def test_a_command_that_is_only_mentioned_is_text(text: str) -> None:
    assert not fires("command", text, "qr7k")


def test_a_canary_on_another_line_is_no_part_of_the_command() -> None:
    assert not fires("command", "/approve\nqr7k", "qr7k")


def test_a_command_is_found_without_a_canary() -> None:
    [hit] = active_parts("command", "Hello\n/fix run-1\n")
    assert (hit.rule, hit.excerpt) == ("command", "/fix run-1")
