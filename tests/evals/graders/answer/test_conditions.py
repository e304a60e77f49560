"""What the parts of a `success` expression mean, and why they do not hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from evals.graders.answer.conditions import Part, all_of, answer_text, any_of, literal, same
from tests.evals.graders.answer.expressions import JSON, holds, reason


def _never(_: object) -> Any:
    pytest.fail("a part was looked at that decides nothing")


UNSEEN = Part("unseen", _never, _never)
YES, NO = literal("true", True), literal("false", False)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("amount==15", "amount==15 was 12"),
        ("amount==15 and status=='paid'", "amount==15 was 12"),
        ("amount==12 and status=='paid'", "status=='paid' was \"open\""),
        ("amount==15 or status=='paid'", "amount==15 was 12; status=='paid' was \"open\""),
        ("total==15", "total==15: total is missing"),
        ("total!=15", "total!=15: total is missing"),
        ("amount=='12'", "amount=='12' was 12 (a number, against text)"),
        ("status < 3", 'status < 3 was "open" (text, against a number)'),
        ("approved == 1", "approved == 1 was true (true or false, against a number)"),
        ("amount in status", 'amount in status was 12 and "open" (a number, against text)'),
        ("not amount==12", "not amount==12 was false: amount==12 held"),
        ("none", "none was null"),
        ("total", "total is missing"),
        ("len(amount) > 1", "len(amount) > 1: 12 has no length"),
        ("contains(amount, '12')", "contains(amount, '12') failed: amount was 12"),
        ("1 < amount < 5", "1 < amount < 5 was 12"),
        ("amount < total", "amount < total: total is missing"),
        ("[total] == [1]", "[total] == [1]: total is missing"),
        ("1 == 2", "1 == 2 was false"),
    ],
)
def test_the_reason_names_the_part_that_failed_and_what_was_there(source: str, why: str) -> None:
    answer = {"amount": 12, "status": "open", "approved": True, "none": None}
    assert reason(source, answer) == why


def test_a_path_in_an_output_that_is_not_json_is_false_and_says_so() -> None:
    assert reason("amount==15", "I refunded it.") == "amount==15: the output is not JSON"


@pytest.mark.parametrize("symbol", ["==", "!=", "<", "<=", ">", ">=", "in", "not in"])
def test_no_comparison_holds_with_what_is_missing(symbol: str) -> None:
    assert reason(f"gone {symbol} a", {"a": "x"}) == f"gone {symbol} a: gone is missing"
    assert reason(f"'x' {symbol} gone", {"a": "x"}) == f"'x' {symbol} gone: gone is missing"


def test_contains_looks_into_a_text_that_is_not_json() -> None:
    assert holds("contains('REFUNDED')", "I refunded it.")


def test_output_is_the_trimmed_raw_text() -> None:
    assert holds("output == 'Paris'", " Paris\n")


def test_a_key_named_output_wins_over_the_raw_text() -> None:
    assert holds("output == 'Paris'", {"output": "Paris"})


def test_a_long_value_is_cut_to_120_characters() -> None:
    assert len(reason("a=='x'", {"a": "y" * 5000})) == len("a=='x' was ") + 120


@pytest.mark.parametrize("empty", [0, "", [], {}, None, False])
def test_a_value_that_is_empty_does_not_hold_and_is_shown(empty: Any) -> None:
    assert not holds("a", {"a": empty})
    assert reason("a", {"a": empty}).startswith("a was ")
    assert holds("not a", {"a": empty})


def test_a_reason_shows_what_was_looked_up_and_not_what_was_written() -> None:
    assert reason("a in [1, 2]", {"a": 3}) == "a in [1, 2] was 3"
    assert reason("[a] == [1]", {"a": 3}) == "[a] == [1] was [3]"


@pytest.mark.parametrize("symbol", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("other", ["12", True, None, [12], {"n": 12}])
def test_a_number_is_neither_above_nor_below_what_is_no_number(symbol: str, other: Any) -> None:
    assert not holds(f"a {symbol} b", {"a": 12, "b": other})


def test_what_cannot_hold_anything_does_not_lack_it_either() -> None:
    assert not holds("1 in a", {"a": 12})
    assert not holds("1 not in a", {"a": 12})
    assert not holds("1 not in a", {"a": "12"})


def test_a_list_is_searched_text_by_text_and_its_numbers_are_none() -> None:
    assert holds("contains(a, 'two')", {"a": [1, "one two"]})
    assert not holds("contains(a, '1')", {"a": [1]})


def test_parts_after_the_one_that_decides_are_not_looked_at() -> None:
    assert all_of("…", [YES, NO, UNSEEN]).why_not(answer_text("")) == "false was false"
    assert any_of("…", [NO, YES, UNSEEN]).why_not(answer_text("")) is None


def test_true_is_not_one_even_deep_inside_a_list() -> None:
    assert not holds("a == [[1]]", {"a": [[True]]})


@given(JSON)
def test_every_json_value_equals_itself_and_holds_no_surprise(value: Any) -> None:
    assert holds("a == b", {"a": value, "b": value})
    assert not holds("a != b", {"a": value, "b": value})


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (15, 15.0, True),
        ("15", 15, False),
        (1, True, False),
        (0, None, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
    ],
)
def test_values_are_equal_as_json_has_them(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right) is equal
    assert same([{"deep": left}], [{"deep": right}]) is equal


@given(JSON, JSON)
def test_equality_has_no_direction(left: Any, right: Any) -> None:
    assert same(left, right) is same(right, left)


def test_values_of_any_depth_can_be_compared() -> None:
    one: list[Any] = []
    other: list[Any] = []
    for _ in range(100_000):
        one, other = [one], [other]
    assert same(one, other)
    assert not same(one, [other])
