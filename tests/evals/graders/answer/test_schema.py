from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.graders.answer.schema import json_schema
from evals.results.records import Attempt, Grade, SampleStatus

AMOUNT = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}


def graded(schema: dict[str, Any], output: str | None) -> Grade:
    return json_schema(schema).grade(Attempt(SampleStatus.COMPLETED, output=output))


def test_an_output_of_the_right_shape_passes() -> None:
    assert graded(AMOUNT, '{"amount": 15}') == Grade("json_schema", True)


def test_a_departure_from_the_schema_is_named_with_its_place() -> None:
    assert "$.amount: '15' is not of type 'number'" in graded(AMOUNT, '{"amount": "15"}').reason


@pytest.mark.parametrize("output", [None, "", "sorry", '```json\n{"amount": 15}\n```', '{"amount": NaN}'])
def test_what_is_not_json_alone_fails(output: str | None) -> None:
    grade = graded(AMOUNT, output)
    assert grade.passed is False
    assert grade.reason


def test_a_schema_may_refer_to_its_own_parts() -> None:
    schema = {"$defs": {"id": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/id"}}}
    assert graded(schema, '{"a": 1}').passed is False


def test_a_deep_output_fails_and_does_not_break_the_grader() -> None:
    schema = {"additionalProperties": {"$ref": "#"}}
    assert graded(schema, '{"a":' * 900 + '{"b": 1}' + "}" * 900).passed is not None


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (None, "no schema to check against"),
        ({"type": "nubmer"}, "is not a usable JSON Schema"),
        ({"$ref": "#/$defs/typo"}, "'#/\\$defs/typo', which is not in the schema"),
        ({"items": {"$ref": "http://127.0.0.1/x.json"}}, "nothing is fetched"),
    ],
)
def test_a_schema_that_could_never_be_checked_is_refused(schema: dict[str, Any] | None, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        json_schema(schema)
