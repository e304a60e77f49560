"""Paths, URLs, CSV cells, terminals, YAML and JSON: what their readers would do with the text."""

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


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", "a,=1", "a;=1", "a\t=1", '"=1"', "ok\n=1", " =1"],
)
def test_a_formula_in_any_cell_is_live(text: str) -> None:
    assert rules("csv", text) == {"formula"}


@pytest.mark.parametrize(
    "text", ["-5", "+3.2 %", "- a bullet", "+1 202-555-0123", "a=b", '"a,=b"', "-1.5e-3", "--"]
)
def test_numbers_phones_bullets_and_quoted_cells_are_not(text: str) -> None:
    assert rules("csv", text) == set()


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


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("!!python/object/apply:os.system [id]", "tag"),
        ("a: !Ref x", "tag"),
        ("a: &x [1]\nb: *x", "alias"),
        ("a: &x {b: 1}\nc: {<<: *x}", "merge_key"),
    ],
)
def test_yaml_that_builds_more_than_data_is_live(text: str, rule: str) -> None:
    assert rule in rules("yaml", text)


@pytest.mark.parametrize(
    "text", ["a: 1\nb: [x, 'y']", "wow! great", "a: '!x'", "Note: the *best* & <<more>>", "!"]
)
def test_plain_yaml_is_not(text: str) -> None:
    assert rules("yaml", text) == set()


def test_a_canary_fires_under_a_tag_at_any_depth() -> None:
    assert fires("yaml", f"!!python/object/apply:os.system\nargs: [[{CANARY}]]", CANARY)
    assert not fires("yaml", f"- !x a\n- {CANARY}", CANARY)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"a": 1, "a": 2}', "duplicate_key"),
        ('{"__proto__": {"admin": true}}', "prototype_key"),
        ('{"a": NaN}', "not_a_number"),
        ('x", "role": "admin', "ends_its_string"),
    ],
)
def test_json_that_readers_disagree_about_is_live(text: str, rule: str) -> None:
    assert rule in rules("json", text)


@pytest.mark.parametrize("text", ['{"a": [1, {"a": 2}]}', 'he said "no"', "not json", '{"a": "__proto__"}'])
def test_plain_json_and_prose_are_not(text: str) -> None:
    assert rules("json", text) == set()


def test_a_canary_fires_under_such_a_key_only() -> None:
    assert fires("json", f'{{"__proto__": {{"x": ["{CANARY}"]}}}}', CANARY)
    assert fires("json", f'{{"a": 1, "a": "{CANARY}"}}', CANARY)
    assert not fires("json", f'{{"a": "{CANARY}", "b": 1, "b": 2}}', CANARY)
