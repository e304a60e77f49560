from __future__ import annotations

import hashlib
import re
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from agent_runtime.render import asset, printable, render, templates_folder


def test_templates_of_a_checkout_are_found_beside_the_packages() -> None:
    assert (templates_folder() / "report" / "page.html.j2").is_file()


def test_a_template_that_asks_for_a_missing_value_fails_instead_of_printing_nothing() -> None:
    with pytest.raises(UndefinedError):
        render("report/page.html.j2")


def test_an_asset_carries_the_hash_that_a_browser_computes_of_its_text() -> None:
    script = asset("report/page.js")
    assert script.source == f"'sha256-{b64encode(hashlib.sha256(script.text.encode()).digest()).decode()}'"


def test_terminal_sequences_are_shown_not_sent() -> None:
    assert printable("\x1b[31mred\x1b[0m\x00\x7f\x9b") == "‹U+001B›[31mred‹U+001B›[0m‹U+0000›‹U+007F›‹U+009B›"


def test_bidirectional_and_invisible_characters_are_shown_by_number() -> None:
    assert printable("a\u202eb\u2066c\u200bd\ufeff") == "a‹U+202E›b‹U+2066›c‹U+200B›d‹U+FEFF›"


def test_newlines_tabs_and_emoji_joiners_stay() -> None:
    assert printable("a\n\tb 👩\u200d💻") == "a\n\tb 👩\u200d💻"


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_comes_can_be_written_as_utf8_without_control_characters(text: str) -> None:
    shown = printable(text)
    shown.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", shown)
