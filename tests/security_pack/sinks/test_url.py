"""Addresses: those that no honest link has."""

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
        ("see javascript:alert(1)", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("http://169.254.169.254/latest", "ip_literal"),
        ("http://0x7f.1/", "ip_literal"),
        ("http://[::1]/", "ip_literal"),
        ("https://good.example@evil.invalid/", "userinfo"),
        ("https://good.example\\@evil.invalid/", "backslash"),
        ("http://localhost:8080/", "local_host"),
        ("http://metadata.internal/", "local_host"),
        ("//evil.invalid/x", "relative_host"),
        ("https://g\u043eod.example/", "non_ascii_host"),
    ],
)
def test_an_address_that_no_honest_link_has_is_live(text: str, rule: str) -> None:
    assert rule in rules("url", text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/a?b=c",
        "http://example.com.",
        "mail bob@example.com",
        "**Title:** x",
        "at 10:30//noon",
    ],
)
def test_an_ordinary_link_is_not(text: str) -> None:
    assert rules("url", text) == set()


def test_a_canary_fires_in_a_host_and_not_in_a_query() -> None:
    assert fires("url", f"see https://a.{CANARY}.invalid/x", f"{CANARY}.invalid")
    assert not fires("url", f"see https://example.com/?q={CANARY}", CANARY)
