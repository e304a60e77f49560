"""The operators of one argument."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security_pack.catalog.conditions import ArgumentMatch
from security_pack.predicates.arguments import equal, holds, number, values_at

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def met(wanted: dict[str, Any], *values: Any) -> bool:
    return holds(ArgumentMatch.model_validate(wanted), values)


@pytest.mark.parametrize(
    ("wanted", "value", "meets"),
    [
        ({"eq": 40}, 40.0, True),
        ({"eq": 40}, "40", True),
        ({"eq": "13"}, 13, True),
        ({"eq": "13"}, "013", False),
        ({"eq": 1}, True, False),
        ({"eq": ["a", "b"]}, ["a", "b"], True),
        ({"eq": ["a", "b"]}, ["b", "a"], False),
        ({"eq": {"a": [1]}}, {"a": [1.0]}, True),
        ({"contains": "evil"}, "to evil.invalid", True),
        ({"contains": "evil"}, "EVIL", False),
        ({"contains": "evil"}, ["good", "to evil"], True),
        ({"contains": "evil"}, {"cc": [{"to": "evil"}]}, True),
        ({"contains": 'it "is"'}, {"note": 'it "is" so'}, True),
        ({"contains": "40"}, 1400, True),
        ({"contains": "x"}, None, False),
        ({"regex": "a+"}, "aaa", True),
        ({"regex": "a+"}, "aaab", False),
        ({"regex": "(?i)abc"}, ["x", "ABC"], True),
        ({"regex": "a|b.*"}, "bcd", True),
        ({"in": ["a", 2]}, "2", True),
        ({"in": ["a", 2]}, "b", False),
        ({"gt": 20}, 20, False),
        ({"gt": 20}, "20.5", True),
        ({"gt": 20}, "about 30", False),
        ({"gt": 0}, True, False),
        ({"lt": 0}, -1e400, True),
        ({"gt": 1, "lt": 3}, 2, True),
        ({"gt": 1, "lt": 3}, 4, False),
        ({"absent": True}, None, True),
        ({"absent": False}, None, False),
        ({"absent": False}, 0, True),
    ],
)
def test_an_operator_says_what_it_should(wanted: dict[str, Any], value: Any, meets: bool) -> None:
    assert met(wanted, value) is meets


def test_nothing_meets_an_operator_but_absent() -> None:
    assert met({"absent": True})
    assert not met({"absent": False})
    assert not met({"eq": None})


def test_every_operator_must_hold_of_the_same_value() -> None:
    assert not met({"gt": 1, "lt": 3}, 0, 4)
    assert met({"gt": 1, "lt": 3}, 0, 2)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.b", (1,)),
        ("c.d", (2, 3)),
        ("c.1.d", (3,)),
        ("e.f", (4,)),
        ("c.9.d", ()),
        ("nothing.there", ()),
        ("t.h", ()),
    ],
)
def test_a_dotted_name_leads_inside(name: str, found: tuple[int, ...]) -> None:
    arguments = {"a": {"b": 1}, "c": [{"d": 2}, {"d": 3}, 5], "e.f": 4, "e": {"f": 5}, "t": "h"}
    assert values_at(arguments, name) == found


@given(JSON)
def test_a_value_equals_itself_and_is_in_a_list_of_itself(value: Any) -> None:
    assert met({"eq": value}, value)
    assert met({"in": ["other", value]}, value)


@given(JSON, JSON)
def test_equality_goes_both_ways(one: Any, other: Any) -> None:
    assert equal(one, other) is equal(other, one)


@given(st.text(min_size=1), JSON)
def test_a_text_inside_a_list_or_an_object_is_contained(text: str, other: Any) -> None:
    assert met({"contains": text}, [other, f"<{text}>"])
    assert met({"contains": text}, {"deep": [{"er": f"<{text}>"}, other]})


@given(st.floats(allow_nan=False) | st.integers())
def test_numbers_stay_finite(value: float) -> None:
    found = number(value)
    assert found is not None
    assert math.isfinite(found)


@given(JSON)
def test_any_value_can_be_asked_for_a_number(value: Any) -> None:
    assert number(value) is None or not isinstance(value, bool | list | dict)
