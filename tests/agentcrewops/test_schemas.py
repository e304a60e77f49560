"""The published JSON Schemas."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from agentcrewops.schemas import KINDS, schema_of
from evals import graders


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_has_a_schema_of_the_draft_that_it_names(kind: str) -> None:
    schema = schema_of(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_an_editor_can_complete_every_grader() -> None:
    named = schema_of("suite")["$defs"]["Evaluator"]["properties"]
    assert set(named) == {kind.name for kind in graders.KINDS}
    assert all(one["description"] for one in named.values())


@pytest.mark.parametrize(
    ("evaluator", "right"),
    [
        ("json_schema", True),
        ({"JSON Schema": None}, True),
        (["json_schema", {"tool_called": "a"}], True),
        (7, False),
    ],
)
def test_every_way_to_write_an_evaluator_is_known(evaluator: object, right: bool) -> None:
    case = {"case_id": "a", "input": "hi", "evaluator": evaluator}
    errors = Draft202012Validator(schema_of("suite")).iter_errors({"suite": "s", "cases": [case]})
    assert (list(errors) == []) is right
