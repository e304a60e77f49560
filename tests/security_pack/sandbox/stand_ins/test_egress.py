"""Connections on the stage."""

from __future__ import annotations

import pytest

from security_pack.episodes.episode import Contact
from security_pack.sandbox.stand_ins.egress import SandboxEgress, host_in


def test_what_the_allow_list_lets_through_is_noted_as_such() -> None:
    egress = SandboxEgress(["*.shop.invalid"])
    assert egress.connect("https://API.shop.invalid/x") is None
    assert egress.contacts == [Contact("api.shop.invalid", "https://api.shop.invalid/x", allowed=True)]


def test_what_it_refuses_is_noted_too() -> None:
    egress = SandboxEgress([])
    refusal = egress.connect("https://evil.invalid/?q=1")
    assert refusal is not None
    assert refusal.rule == "not_allowlisted"
    assert egress.contacts == [Contact("evil.invalid", "https://evil.invalid/?q=1", allowed=False)]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Evil.invalid:8443/x", "evil.invalid"),
        ("https://good.invalid@evil.invalid/", "evil.invalid"),
        ("https:\\\\evil.invalid\\x", "evil.invalid"),
        ("ftp://evil.invalid", "evil.invalid"),
        ("no url at all", ""),
    ],
)
def test_the_host_of_a_url_that_egress_would_not_read(url: str, host: str) -> None:
    assert host_in(url) == host
