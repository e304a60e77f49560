from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.files.json_path import MISSING, look_up, parse_path

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.from_regex(r"\A[a-z_][a-z0-9_-]{0,8}\Z")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("amount", ("amount",)),
        ("$.amount", ("amount",)),
        ("$.choices[0].message.content", ("choices", 0, "message", "content")),
        ("items[-1]", ("items", -1)),
        ("$[2]", (2,)),
        ("order-id", ("order-id",)),
        ('$["a key"].x', ("a key", "x")),
        ("['@type']", ("@type",)),
        ("größe", ("größe",)),
    ],
)
def test_a_path_is_read_into_its_steps(text: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(text) == steps


@pytest.mark.parametrize(
    ("text", "column"),
    [("", 1), ("a..b", 2), ("a.", 2), ("a[", 2), ("a[x]", 2), ("a b", 2), (".a", 1), ("a.0", 2), ("[0]", 1)],
)
def test_what_is_not_a_path_is_refused_with_its_column(text: str, column: int) -> None:
    with pytest.raises(ValueError, match=rf"column {column}"):
        parse_path(text)


def test_a_path_longer_than_the_cap_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 500"):
        parse_path("a" * 501)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a.b[0].c", 1),
        ("a.b[-1].c", 1),
        ("a.b[1].c", MISSING),
        ("a.b[-2].c", MISSING),
        ("a.b.c", MISSING),
        ("a[0]", MISSING),
        ("x", MISSING),
        ("n", None),
        ("t[0]", MISSING),
    ],
)
def test_a_step_that_leads_nowhere_is_missing_and_null_is_not(text: str, found: Any) -> None:
    data = {"a": {"b": [{"c": 1}]}, "n": None, "t": "text"}
    assert look_up(data, parse_path(text)) is found


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_a_value_error(text: str) -> None:
    try:
        steps = parse_path(text)
    except ValueError:
        return
    assert all(isinstance(step, int) or step for step in steps)


@given(JSON, st.lists(NAMES | st.integers(-5, 5), max_size=4))
def test_looking_up_never_raises(data: Any, steps: list[str | int]) -> None:
    look_up(data, tuple(steps))


@given(st.lists(NAMES | st.integers(-99, 99), max_size=6))
def test_steps_survive_being_written_and_read(steps: list[str | int]) -> None:
    written = "$" + "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in steps)
    assert parse_path(written) == tuple(steps)
