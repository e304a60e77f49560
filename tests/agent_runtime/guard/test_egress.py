"""Which URLs and which addresses may be connected to."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.guard.egress import MAX_URL, Destination, Refusal, check_address, check_url

ALLOWED = ["*.example.com", "api.example.org"]
LOCAL = "http://127.0.0.1:8080"


def refused(url: str, allowlist: list[str] = ALLOWED) -> str | None:
    verdict = check_url(url, allowlist)
    return verdict.rule if isinstance(verdict, Refusal) else None


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (
            "https://api.example.org/v1?next=http://evil.invalid",
            "https://api.example.org/v1?next=http://evil.invalid",
        ),
        ("HTTPS://API.Example.ORG:443", "https://api.example.org/"),
        ("https://api.example.org?x=y", "https://api.example.org/?x=y"),
        ("https://a.b.example.com/#@evil.invalid", "https://a.b.example.com/"),
        ("https://xn--bcher-kva.example.com/", "https://xn--bcher-kva.example.com/"),
        ("https://x-y_z.example.com/über?q={1}", "https://x-y_z.example.com/%C3%BCber?q=%7B1%7D"),
        ("https://api.example.org/a%20b", "https://api.example.org/a%20b"),
    ],
)
def test_an_allowed_url_becomes_a_destination_in_one_unmistakable_form(url: str, sent: str) -> None:
    destination = check_url(url, ALLOWED)
    assert isinstance(destination, Destination)
    assert destination.url == sent


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://example.com/", "not_allowlisted"),
        ("https://evilexample.com/", "not_allowlisted"),
        ("https://a.api.example.org/", "not_allowlisted"),
        ("https://api.example.org.evil.invalid/", "not_allowlisted"),
        ("https://evil.invalid/.example.com", "not_allowlisted"),
        ("https://evil.invalid#.example.com", "not_allowlisted"),
        ("https://evil.invalid?@api.example.org/", "not_allowlisted"),
        ("https://api.example.org@evil.invalid/", "userinfo"),
        ("https://@api.example.org/", "userinfo"),
        ("https://evil.invalid\\@api.example.org/", "backslash"),
        ("https:\\\\api.example.org/", "backslash"),
        ("https://api.example.org%2eevil.invalid/", "percent_in_host"),
        ("https://api.example.org\t/", "control_character"),
        (" https://api.example.org/", "control_character"),
        ("https://api.example.org/\r\nHost: evil.invalid", "control_character"),
        ("https://api.example.org/\x00", "control_character"),
        ("https://api.example.org/\ud800", "control_character"),
        ("https://api.еxample.org/", "non_ascii_host"),
        ("https://evil.invalid／.example.com/", "non_ascii_host"),
        ("https://\u212ab.example.com/", "non_ascii_host"),
        ("http://api.example.org/", "scheme"),
        ("ftp://api.example.org/", "scheme"),
        ("javascript://api.example.org/%0aalert(1)", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("https://api.example.org:8443/", "port"),
        ("https://api.example.org:0/", "port"),
        ("https://api.example.org:65979/", "port"),
        ("https://api.example.org:44३/", "non_ascii_host"),
        ("https://api.example.org:/", "port"),
        ("https://api.example.org:443:443/", "port"),
        ("https://.example.com/", "malformed"),
        ("https://a..example.com/", "malformed"),
        ("https://api.example.org./", "malformed"),
        ("https://-a.example.com/", "malformed"),
        (f"https://{'a' * 64}.example.com/", "malformed"),
        (f"https://{'a.' * 130}example.com/", "malformed"),
        ("https:///", "malformed"),
        ("https:/api.example.org/", "malformed"),
        ("//api.example.org/", "malformed"),
        ("api.example.org", "malformed"),
        ("jar:https://api.example.org!/", "malformed"),
        ("", "malformed"),
        ("https://api.example.org/" + "a" * MAX_URL, "oversize"),
    ],
)
def test_a_url_that_is_not_plainly_allowed_is_refused_by_its_rule(url: str, rule: str) -> None:
    assert refused(url) == rule


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "1.2.3.0x",
        "8.8.8.8",
        "[::1]",
        "[::ffff:8.8.8.8]",
        "[2606:4700::1111]",
    ],
)
@pytest.mark.parametrize("allowlist", [["*"], ["*.0.0.1"], ["127.0.0.1", "8.8.8.8"]])
def test_no_notation_of_an_ip_address_passes_a_host_entry(host: str, allowlist: list[str]) -> None:
    assert refused(f"https://{host}/", allowlist) == "ip_literal"


@pytest.mark.parametrize("host", ["[::1", "[fe80::1%25eth0]", "[::1]x", "[127.0.0.1]", "[]"])
def test_a_broken_ipv6_literal_is_refused(host: str) -> None:
    assert refused(f"https://{host}/", ["*"]) in {"malformed", "percent_in_host", "port"}


def test_an_empty_allowlist_refuses_everything() -> None:
    assert refused("https://api.example.org/", []) == "not_allowlisted"


def test_a_bare_star_allows_any_https_host_and_no_more() -> None:
    assert refused("https://anything.invalid/", ["*"]) is None
    assert refused("http://anything.invalid/", ["*"]) == "scheme"
    assert refused("https://anything.invalid:8443/", ["*"]) == "port"


def test_a_full_origin_allows_exactly_itself() -> None:
    destination = check_url("http://127.0.0.1:8080/v1", [LOCAL])
    assert destination == Destination("http", "127.0.0.1", 8080, "/v1")
    assert refused("http://127.0.0.1:8081/v1", [LOCAL]) == "ip_literal"
    assert refused("https://127.0.0.1:8080/v1", [LOCAL]) == "ip_literal"
    assert refused("http://2130706433:8080/v1", [LOCAL]) == "ip_literal"
    assert refused("http://localhost:8080/v1", [LOCAL]) == "not_allowlisted"


def test_an_origin_may_leave_out_its_default_port() -> None:
    assert refused("http://llm.internal:80/", ["http://llm.internal"]) is None
    assert refused("https://llm.internal/", ["https://LLM.internal:443"]) is None


def test_an_ipv6_origin_keeps_its_brackets_in_the_url_only() -> None:
    destination = check_url("http://[::1]:8080/", ["http://[::1]:8080"])
    assert isinstance(destination, Destination)
    assert (destination.host, destination.url) == ("::1", "http://[::1]:8080/")


def test_a_reason_shows_hostile_text_in_ascii_and_short() -> None:
    verdict = check_url("https://" + "\u202eevil" * 100 + "!", ALLOWED)
    assert isinstance(verdict, Refusal)
    assert verdict.reason.isascii()
    assert len(verdict.reason) < 600


PUBLIC = Destination("https", "api.example.org", 443, "/")

NOT_PUBLIC = [
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.0", "0.1.2.3", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1",
    "255.255.255.255", "192.88.99.1", "::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::127.0.0.1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::8.8.8.8",
    "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_host_that_resolves_to_an_address_that_is_not_public_is_refused(address: str) -> None:
    refusal = check_address(address, PUBLIC, ALLOWED)
    assert refusal is not None
    assert refusal.rule == "private_address"


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2606:4700:4700::1111", "100.128.0.1"])
def test_a_public_address_passes(address: str) -> None:
    assert check_address(address, PUBLIC, ALLOWED) is None


@pytest.mark.parametrize("address", ["", "api.example.org", "1.2.3", "8.8.8.8:443"])
def test_what_is_not_an_address_is_refused(address: str) -> None:
    refusal = check_address(address, PUBLIC, ALLOWED)
    assert refusal is not None
    assert refusal.rule == "bad_address"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "fd00::1"])
def test_a_listed_origin_may_be_at_a_loopback_or_private_address(address: str) -> None:
    destination = Destination("http", "llm.internal", 8080, "/")
    assert check_address(address, destination, ["http://llm.internal:8080"]) is None
    assert check_address(address, destination, ["http://llm.internal:8081", "llm.internal", "*"]) is not None


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "::ffff:127.0.0.1", "fe80::1"]
)
def test_a_listed_name_may_not_lead_to_link_local_or_disguised_addresses(address: str) -> None:
    destination = Destination("http", "llm.internal", 8080, "/")
    assert check_address(address, destination, ["http://llm.internal:8080"]) is not None


def test_a_listed_address_is_that_address_and_no_other_rule_applies() -> None:
    destination = Destination("http", "169.254.10.1", 80, "/")
    assert check_address("169.254.10.1", destination, ["http://169.254.10.1"]) is None
    assert check_address("169.254.169.254", destination, ["http://169.254.10.1"]) is not None


def test_the_refusal_of_a_private_address_says_how_to_allow_it() -> None:
    refusal = check_address("10.1.2.3", PUBLIC, ALLOWED)
    assert refusal is not None
    assert "list the full origin https://api.example.org" in refusal.reason


HOSTILE = st.text(alphabet="aexmplorgcviE.@:/\\?#%[]0127-_ \t\n*\u212a\uff0e", max_size=40)


@given(HOSTILE, st.sampled_from(["https://", "http://", "HTTPS://", "https:/", "//", ""]), HOSTILE)
def test_a_destination_is_always_matched_by_an_entry(before: str, scheme: str, after: str) -> None:
    for url in (
        scheme + before + after,
        scheme + before + "api.example.org" + after,
        scheme + before + ".example.com" + after,
    ):
        verdict = check_url(url, ALLOWED)
        if isinstance(verdict, Destination):
            assert verdict.host == "api.example.org" or verdict.host.endswith(".example.com")
            assert (verdict.scheme, verdict.port) == ("https", 443)


@given(HOSTILE)
def test_other_parsers_read_a_destination_as_we_do_and_so_do_we_again(text: str) -> None:
    destination = check_url("https://" + text, ["*"])
    if isinstance(destination, Destination):
        parts = urlsplit(destination.url)
        assert (parts.hostname, parts.port, parts.username) == (destination.host, None, None)
        assert check_url(destination.url, ["*"]) == destination
