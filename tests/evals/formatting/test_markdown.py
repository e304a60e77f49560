"""Foreign text inside markdown shows its words and does nothing."""

from __future__ import annotations

import pytest

from evals.formatting.markdown import block, code, link, place, prose, text
from evals.formatting.prose import Span


def test_a_code_span_has_no_backtick_and_no_bar_inside() -> None:
    assert code("a`b|c") == "`aˋb¦c`"


def test_an_empty_code_span_is_still_one() -> None:
    assert code("") == "` `"


@pytest.mark.parametrize("sign", list("\\`*_[]<>&|~$!"))
def test_every_sign_that_acts_is_escaped(sign: str) -> None:
    assert text(f"a{sign}b") == f"a\\{sign}b"


@pytest.mark.parametrize(
    "line", ["# title", "- item", "+ item", "= rule", "/command", "::notice::", "1. item"]
)
def test_what_would_begin_a_block_is_escaped_where_a_line_begins(line: str) -> None:
    assert "\\" in text(line)[: len(line.split()[0]) + 1]


@pytest.mark.parametrize("word", ["@team", "#123", "https://a.example", "www.a.example", "GH-12", "deadbee"])
def test_a_mention_a_reference_and_a_bare_link_are_broken(word: str) -> None:
    shown = text(word)
    assert "\u200b" in shown
    assert shown.replace("\u200b", "").replace("\\", "") == word


def test_lines_become_one() -> None:
    assert text("a\nb\tc") == "a b c"


def test_no_fence_inside_a_block_is_as_long_as_its_own() -> None:
    first, *_, last = block("````\nx").split("\n")
    assert (first, last) == ("> `````", "> `````")


def test_every_line_of_a_block_is_quoted_also_the_one_about_what_is_left_out() -> None:
    lines = block("word " * 100, limit=50).split("\n")
    assert all(line.startswith("> ") for line in lines)
    assert lines[-1] != "> ```"


def test_an_address_cannot_end_its_link() -> None:
    assert link("Run", "https://a.example/(x)") == "[Run](https://a.example/%28x%29)"


@pytest.mark.parametrize("address", [None, "", "javascript:alert(1)", "data:text/html,x"])
def test_what_a_browser_may_not_follow_is_no_link(address: str | None) -> None:
    assert link("Run", address) == ""


def test_a_place_is_a_link_on_the_web_and_a_path_elsewhere() -> None:
    assert place("https://a.example/r") == "<https://a.example/r>"
    assert place("out/report.html") == "`out/report.html`"


def test_prose_keeps_bold_and_code_and_is_cut_with_a_mark() -> None:
    spans = [Span("bold", "DRIFT"), Span("text", " in "), Span("code", "case_a"), Span("text", " and more")]
    assert prose(spans) == "**DRIFT** in `case\\_a` and more".replace("\\_", "_")
    assert prose(spans, limit=7) == "**DRIFT** …"
