"""Templates: text that an engine would evaluate."""

from __future__ import annotations

import pytest

from security_pack.sinks import active_parts, fires

CANARY = "qx7canary7xq"


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{% for x in y %}a{% endfor %}",
        "${7*7}",
        "<%= 7*7 %>",
        "#{7*7}",
        "{$smarty.version}",
        "{php}echo 1;{/php}",
        "<#assign x=1>",
        "{{'a'.b(\\\"c\\\")}}",
    ],
)
def test_an_expression_of_any_engine_is_live(text: str) -> None:
    assert active_parts("template", text)


@pytest.mark.parametrize(
    "text",
    ['{"a": {"b": 1}}', "costs $15 {net}", "{{ }}", "{# a comment #}", "{% raw %}{{ 7*7 }}{% endraw %}"],
)
def test_braces_comments_and_raw_blocks_are_not(text: str) -> None:
    assert active_parts("template", text) == ()


def test_a_canary_fires_inside_an_expression_only() -> None:
    assert fires("template", f"{{{{ {CANARY} }}}}", CANARY)
    assert not fires("template", f"{{{{ 7*7 }}}} {CANARY}", CANARY)
