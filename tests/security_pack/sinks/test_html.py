"""HTML: markup that is live."""

from __future__ import annotations

import pytest

from security_pack.sinks import active_parts, fires

CANARY = "qx7canary7xq"


def rules(text: str) -> set[str]:
    return {hit.rule for hit in active_parts("html", text)}


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
