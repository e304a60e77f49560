from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from evals.graders.quote import quote


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.tuples(inner)))
def test_any_value_is_shown_in_at_most_120_characters_that_can_be_printed(value: Any) -> None:
    assert len(quote(value)) <= 120
    quote(value).encode()


def test_a_value_too_deep_to_show_is_named_so() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert quote(deep) == "a value too deep or too large to show"
