from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.formatting.excerpts import excerpt, one_line, web_link


def test_a_short_text_is_whole_and_unmarked() -> None:
    assert excerpt("hello", 10).left_out == ""


def test_a_long_text_says_how_much_is_missing() -> None:
    cut = excerpt("x" * 5_000, 2_000)
    assert (len(cut.text), cut.left_out) == (2_000, "cut here, 3,000 more characters")


@given(st.text(), st.integers(2, 50))
def test_no_text_gets_longer_than_its_limit_by_being_made_visible(text: str, limit: int) -> None:
    assert len(excerpt(text, limit).text) <= limit
    assert len(one_line(text, limit)) <= limit
    assert "\n" not in one_line(text, limit)


@pytest.mark.parametrize("url", ["http://apm/x", "https://apm.example/trace/1?a=b"])
def test_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//host/x",
        "http://",
        "file:///etc/passwd",
        "http://[",
        None,
    ],
)
def test_nothing_else_does(url: str | None) -> None:
    assert web_link(url) is None
