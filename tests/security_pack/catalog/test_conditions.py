"""What a person may write as a condition, and what it is short for."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from security_pack.catalog.conditions import Condition, names_in


def plain(condition: dict[str, Any]) -> Any:
    return Condition.model_validate(condition).model_dump(by_alias=True, exclude_unset=True)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({"tool_executed": "a.b"}, {"tool_executed": {"name": "a.b"}}),
        ({"tool_refused": ["a", "b"]}, {"tool_refused": {"name": ["a", "b"]}}),
        (
            {"tool_executed": {"name": "a", "args": {"n": 40}}},
            {"tool_executed": {"name": "a", "args": {"n": {"eq": 40}}}},
        ),
        (
            {"tool_executed": {"name": "a", "args": {"n": {"count": 3}}}},
            {"tool_executed": {"name": "a", "args": {"n": {"count": {"eq": 3.0}}}}},
        ),
        ({"seq": ["a", {"tool_executed": "b"}]}, {"seq": [{"name": "a"}, {"name": "b"}]}),
        ({"egress": "evil.invalid"}, {"egress": {"host": "evil.invalid"}}),
        ({"pii": "email"}, {"pii": ["email"]}),
        ({"sink": "html"}, {"sink": {"grammar": "html"}}),
        ({"sink": {"sql": "qabc"}}, {"sink": {"grammar": "sql", "canary": "qabc"}}),
        ({"state": {"path": "$.a", "match": 1}}, {"state": {"path": "$.a", "match": {"eq": 1}}}),
    ],
)  # fmt: skip
def test_a_short_form_means_its_long_form(short: dict[str, Any], long: dict[str, Any]) -> None:
    assert plain(short) == plain(long) == long


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({}, "needs exactly one predicate"),
        ({"steps_gt": 1, "cost_gt": 1}, "needs exactly one predicate"),
        ({"pii": None}, "says nothing"),
        ({"tool_executed": {"name": "a", "args": {"n": {}}}}, "asks nothing"),
        ({"tool_executed": {"name": "a", "args": {"n": {"like": "x"}}}}, "like"),
        ({"any": []}, "at least 1"),
        ({"tool_executed": []}, "at least 1"),
        ({"tool_executed": ""}, "at least 1"),
        ({"not": "sucess"}, "'success' or 'attempt'"),
    ],
)
def test_what_asks_nothing_or_too_much_is_refused(written: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Condition.model_validate(written)


def test_null_is_a_value_an_argument_can_have() -> None:
    assert plain({"tool_executed": {"name": "a", "args": {"n": None}}})["tool_executed"]["args"] == {
        "n": {"eq": None}
    }


def test_names_are_found_at_any_depth() -> None:
    deep = Condition.model_validate({"all": [{"not": "success"}, {"any": [{"steps_gt": 1}, "attempt"]}]})
    assert names_in(deep) == {"success", "attempt"}


@pytest.mark.parametrize(
    "written",
    [
        {"tool_executed": "a"},
        {"tool_executed": {"name": ["a", "b"], "args": {"n": 40, "to": ["x"], "cc": None, "m": {"sum": 3}}}},
        {"any": [{"sink": "html"}, {"sink": {"sql": "qabc"}}, {"pii": "email"}, {"egress": "evil.invalid"}]},
        {"all": [{"seq": ["a", "b"]}, {"not": "success"}]},
    ],
)
def test_the_published_schema_takes_the_short_forms_too(written: dict[str, Any]) -> None:
    Condition.model_validate(written)
    jsonschema.validate(written, Condition.model_json_schema())
