"""How much of a text a slow parser is given."""

from __future__ import annotations

import pytest

from security_pack.sinks.interface import until_nth


@pytest.mark.parametrize(
    ("text", "count", "read"),
    [("a[b[c", 2, "a[b[c"), ("a[b[c", 1, "a[b"), ("a[b{c", 1, "a[b"), ("[", 0, ""), ("", 3, "")],
)
def test_a_text_is_read_up_to_the_bracket_that_is_one_too_many(text: str, count: int, read: str) -> None:
    assert until_nth(text, "[{", count) == read
