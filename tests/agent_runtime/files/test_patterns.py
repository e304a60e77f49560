"""Patterns that people wrote, for text that models wrote."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent_runtime.files.patterns import UnusablePattern, matcher, searcher


@pytest.mark.parametrize(
    ("pattern", "text", "is_whole"),
    [("a+", "aaa", True), ("a+", "aaab", False), ("a|ab", "ab", True), ("a$", "a\n", False), ("", "", True)],
)
def test_a_matcher_wants_the_whole_text(pattern: str, text: str, is_whole: bool) -> None:
    assert matcher(pattern)(text) is is_whole


def test_a_searcher_wants_a_part() -> None:
    assert searcher("b+")("abbc")


@pytest.mark.parametrize("make", [matcher, searcher])
@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "a" * 1001, "(a{1000}){1000}"])
def test_what_re2_cannot_run_is_refused_by_both(make: Callable[[str], object], pattern: str) -> None:
    with pytest.raises(UnusablePattern):
        make(pattern)


def test_half_a_character_is_searched_like_any_other_text() -> None:
    assert matcher("a.b")("a\ud800b")
