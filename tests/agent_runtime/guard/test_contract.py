"""The output contract: strict JSON, formats asserted, nothing fetched, no schema that crashes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.files.documents import strict_json
from agent_runtime.guard.contract import MAX_ANSWER, MAX_PROBLEMS, check_contract, violations

TRIAGE = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "action": {"enum": ["refund", "none"]}},
    "required": ["amount", "action"],
    "additionalProperties": False,
}


def test_an_answer_that_keeps_the_contract_is_ok_and_comes_parsed() -> None:
    check = check_contract(TRIAGE, ' {"amount": 15, "action": "refund"}\n')
    assert check.ok
    assert check.value == {"amount": 15, "action": "refund"}


def test_every_violation_is_told_with_its_place() -> None:
    check = check_contract(TRIAGE, '{"amount": "15", "action": "refund_all"}')
    assert not check.ok
    assert check.problems == (
        "$.action: 'refund_all' is not one of ['refund', 'none']",
        "$.amount: '15' is not of type 'number'",
    )


def test_without_a_contract_every_text_is_right() -> None:
    assert check_contract(None, "Sure, done!").ok


@pytest.mark.parametrize(
    "text", ["", "Refunded.", '{"amount": 15', '{"amount": NaN, "action": "none"}', "{}{}"]
)
def test_what_is_not_one_json_document_breaks_the_contract(text: str) -> None:
    check = check_contract({}, text)
    assert not check.ok
    assert check.value is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('```json\n{"amount": 1}\n```', "code fence"),
        ('Here you are: {"amount": 1}', "no words before or after"),
        ('{"amount": 1} Anything else?', "Extra data"),
        ('{"amount": 1, "amount": 2}', "'amount' appears twice"),
        ('{"amount": -Infinity}', "-Infinity is not a JSON number"),
        ("[" * 100_000, "nests too deeply"),
        ("[" * 100 + "]" * 100, "nests too deeply"),
        ('"' + "x" * MAX_ANSWER + '"', "longer than"),
    ],
)
def test_the_problem_says_what_to_write_differently(text: str, told: str) -> None:
    assert told in check_contract({}, text).problems[0]


def test_a_remote_reference_is_an_error_and_nothing_is_fetched() -> None:
    problems = violations({"$ref": "http://127.0.0.1:9/schema.json"}, {})
    assert problems == (
        "the schema refers to 'http://127.0.0.1:9/schema.json', which is not part of it; nothing is fetched",
    )


def test_references_inside_the_schema_work() -> None:
    schema = {"$defs": {"id": {"pattern": "^r-"}}, "properties": {"id": {"$ref": "#/$defs/id"}}}
    assert violations(schema, {"id": "r-1"}) == ()
    assert len(violations(schema, {"id": "x"})) == 1


def test_a_schema_that_refers_to_itself_without_end_accepts_nothing() -> None:
    assert violations({"$ref": "#"}, {}) == ("the schema refers to itself without end",)


def test_a_recursive_schema_that_ends_works() -> None:
    tree = {"properties": {"children": {"type": "array", "items": {"$ref": "#"}}}}
    value: dict[str, Any] = {}
    for _ in range(25):
        value = {"children": [value]}
    assert violations(tree, value) == ()


def test_a_number_too_large_for_a_float_is_refused() -> None:
    assert violations({"multipleOf": 0.01}, 10**400) == ("a number is too large to be checked",)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2024-02-29T23:59:59.5Z", "2024-02-29 23:59"),
        ("date-time", "2024-01-01T00:00:00+02:00", "2024-13-01T00:00:00Z"),
        ("time", "23:59:59Z", "25:00:00Z"),
        ("email", "a@example.com", "example.com"),
        ("uri", "https://example.com/a?b#c", "example com"),
        ("hostname", "api.example.com", "-api.example.com"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123"),
    ],
)
def test_formats_are_asserted(name: str, right: str, wrong: str) -> None:
    assert violations({"format": name}, right) == ()
    assert len(violations({"format": name}, wrong)) == 1


@pytest.mark.parametrize("name", ["date-time", "time", "uri", "hostname"])
def test_a_format_says_nothing_about_what_is_not_text(name: str) -> None:
    assert violations({"format": name}, 3) == ()


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([1, "1", True, [1], {"a": 1}], True),
        ([1, 1.0], False),
        ([{"a": [1, 2.0]}, {"a": [1.0, 2]}], False),
        ([0, False], True),
    ],
)
def test_unique_items_compares_as_json_does(items: list[Any], unique: bool) -> None:
    assert (violations({"uniqueItems": True}, items) == ()) is unique


def test_a_long_list_of_problems_and_a_long_problem_are_cut() -> None:
    many = violations({"items": {"type": "string"}}, list(range(40)))
    assert len(many) == MAX_PROBLEMS + 1
    assert many[-1] == "and 30 more"
    assert len(violations({"type": "string"}, ["x" * 5000])[0]) == 300


@given(st.text(alphabet='{}[]:,"0123456789eE+-.NaInfity \\u', max_size=30))
def test_strict_json_never_yields_a_number_that_is_none(text: str) -> None:
    try:
        value = strict_json(text)
    except ValueError:
        return
    assert all(math.isfinite(number) for number in _floats(value))


def _floats(value: Any) -> list[float]:
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [number for part in parts for number in _floats(part)]
    return [value] if isinstance(value, float) else []
