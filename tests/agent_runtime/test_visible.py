from __future__ import annotations

import json
import re
import sys
import unicodedata

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.visible import escaped, exact_json, exact_yaml, is_unseen, masked, printable, unseen

EVERY = [chr(number) for number in range(sys.maxunicode + 1)]
ANYTHING = st.text(
    st.characters(exclude_categories=())
    | st.sampled_from("\u200b\u200c\u200d\ufe0e\ufe0f\u2800\u3164\U000e0041\U000e0100é👩\u20e31a")
)

# Default_Ignorable_Code_Point whose category is none of the six, from DerivedCoreProperties.txt of Unicode 17.0.
IGNORABLE = [
    *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u3164\uffa0",
    *map(chr, (*range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))),
]
PREPENDED = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)


def test_every_character_of_the_six_categories_is_unseen_unless_it_has_a_shape() -> None:
    by_category = {
        sign for sign in EVERY if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    }
    assert all(map(is_unseen, by_category - PREPENDED))
    assert not any(map(is_unseen, PREPENDED))


def test_the_ignorable_and_the_braille_blank_are_unseen() -> None:
    assert all(map(is_unseen, [*IGNORABLE, "\u2800"]))


def test_nothing_else_is_unseen() -> None:
    known = {*IGNORABLE, "\u2800"}
    others = [
        sign for sign in EVERY if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    ]
    egyptian = {
        sign for sign in others if "\U00013439" <= sign <= "\U0001343f"
    }  # format controls since Unicode 15
    assert {sign for sign in others if is_unseen(sign)} <= known | egyptian


@pytest.mark.parametrize(
    "text",
    [
        "a\n\tb",
        "👩\u200d💻",
        "❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3",
        "می\u200cخواهم",
        "क्\u200dष",
        "葛\U000e0100城",
        "Zoë \u00a0 مرحبا",
    ],
)
def test_a_page_and_a_terminal_show_what_a_script_or_an_emoji_needs(text: str) -> None:
    assert printable(text) == escaped(text) == text


@pytest.mark.parametrize(
    "text", ["a\ufe0f", "a\u200db", "👩\u200d\u200d", "❤\ufe0f\ufe0e", "1\ufe0f", "\u200c", "\u2800"]
)
def test_a_selector_or_joiner_out_of_its_place_is_shown_and_found(text: str) -> None:
    assert "‹U+" in printable(text)
    assert "\\u" in escaped(text)
    assert len(unseen(text)) == 1


def test_a_page_shows_the_number_and_a_terminal_the_escape() -> None:
    assert printable("\x1b\U000e0041") == "‹U+001B›‹U+E0041›"
    assert escaped("\x1b\U000e0041") == "\\u001b\\U000e0041"


@pytest.mark.parametrize("text", ["plain\n\ttext", "fine ❤\ufe0f 👩\u200d💻 1\ufe0f\u20e3", "Zoë 李 مرحبا"])
def test_a_checker_lets_pass_what_ordinary_texts_hold(text: str) -> None:
    assert unseen(text) == []


@pytest.mark.parametrize(
    "hidden", ["\ufe01", "\u200c", "\U000e0100", "\u3164", "\u2800", "\u034f", "\U000e0041", "\u00ad"]
)
def test_a_checker_finds_what_could_carry_bytes_even_after_a_letter_that_is_not_ascii(hidden: str) -> None:
    assert unseen(f"葛{hidden}") == [hidden]


def test_a_masked_text_is_one_line() -> None:
    assert masked("a\nb\u202ec\u2800") == "a�b�c�"


@given(ANYTHING)
def test_a_shown_text_needs_no_second_showing(text: str) -> None:
    assert printable(printable(text)) == printable(text)
    assert escaped(escaped(text)) == escaped(text)
    printable(text).encode()


@given(ANYTHING)
def test_no_way_to_show_a_text_lets_more_pass_than_its_promise(text: str) -> None:
    kept = {sign for sign in printable(text) if is_unseen(sign)}
    assert all(
        sign in "\t\n\u200c\u200d" or "VARIATION SELECTOR" in unicodedata.name(sign, "") for sign in kept
    )
    assert not any(map(is_unseen, masked(text)))


@given(ANYTHING)
def test_whatever_a_page_makes_visible_a_checker_finds(text: str) -> None:
    assert bool(unseen(text)) >= (printable(text) != text)


@given(ANYTHING)
def test_exact_json_and_yaml_say_the_same_and_hide_nothing(text: str) -> None:
    as_json = json.dumps(text, ensure_ascii=False)
    assert json.loads(exact_json(as_json)) == text
    assert not any(is_unseen(sign) or not sign.isprintable() for sign in exact_json(as_json))
    sound = text.encode("utf-8", "replace").decode()
    assert yaml.safe_load(exact_yaml(json.dumps(sound, ensure_ascii=False))) == sound


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
