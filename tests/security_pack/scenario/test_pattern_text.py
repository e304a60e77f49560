"""A text that a pattern accepts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.files.patterns import searcher
from security_pack.scenario.pattern_text import text_matching


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[0-9]{1,9}$",
        r"^ORD-\d{6}$",
        r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}$",
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
        r"^(?:\+\d{1,3} )?\d{3}-\d{4}$",
        r"^[[:alpha:]]{3}$",
        r"^(?P<year>\d{4})-(?P<month>\d\d)$",
        r"^(?i)abc$",
        r"\p{L}+",
        r"^[\]a]$",
        r"\x41\.",
        "",
    ],
)
def test_it_matches(pattern: str) -> None:
    text = text_matching(pattern)
    assert text is not None
    assert searcher(pattern)(text)


def test_it_repeats_until_the_text_is_long_enough() -> None:
    text = text_matching("^[a-z]+$", lambda text: len(text) >= 30)
    assert text is not None
    assert len(text) >= 30


def test_another_alternative_is_taken_if_the_first_will_not_do() -> None:
    assert text_matching("^a$|^bcd$", lambda text: len(text) == 3) == "bcd"


@pytest.mark.parametrize("pattern", ["(", r"(?=a)", "^a$b", "(" * 400 + ")" * 400 + "^x^y^"])
def test_what_nothing_matches_or_re2_refuses_gives_none(pattern: str) -> None:
    assert text_matching(pattern, lambda text: "x" not in text and "b" not in text and text != "") is None


@settings(deadline=None)
@given(st.text(alphabet="ab(|)[]{}*+?.^$\\dw1,-", max_size=30))
def test_no_pattern_breaks_it_and_what_it_gives_matches(pattern: str) -> None:
    text = text_matching(pattern)
    assert text is None or searcher(pattern)(text)
