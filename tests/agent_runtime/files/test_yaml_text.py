"""A value in one line of YAML, for a file that a person goes on editing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.files.yaml_text import one_line

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_the_line_read_again_is_the_value(value: Any) -> None:
    line = one_line(value)
    assert "\n" not in line
    assert yaml.safe_load(line) == value


@pytest.mark.parametrize("text", ["no", "12", "1e3", "null", "2026-01-01"])
def test_a_text_that_looks_like_something_else_stays_a_text(text: str) -> None:
    assert one_line(text) == f'"{text}"'


def test_what_cannot_be_seen_is_an_escape() -> None:
    assert one_line("a\u202eb") == '"a\\u202eb"'


def test_a_value_that_occurs_twice_is_written_twice() -> None:
    shared = ["x"]
    assert one_line([shared, shared]) == '[["x"], ["x"]]'
