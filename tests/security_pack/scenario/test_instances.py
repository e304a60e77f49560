"""A small value that a JSON Schema accepts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.agent.spec import ToolSpec
from agent_runtime.files.json_schema import why_not_schema
from agent_runtime.guard.contract import violations
from security_pack.scenario.instances import CannotBuild, completed, instance_of

_NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "value": {"type": "integer"}}}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"const": 5},
        {"enum": ["refund", "ask"]},
        {"type": ["null", "integer"]},
        {"type": "integer", "minimum": 10, "multipleOf": 7},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "integer", "maximum": -4},
        {"type": "string", "minLength": 30, "pattern": "^[a-z]+$"},
        {"type": "string", "maxLength": 2},
        {"type": "string", "format": "date-time"},
        {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "string"}},
        {"type": "array", "prefixItems": [{"const": 1}, {"type": "string"}], "minItems": 2},
        {"type": "array", "contains": {"const": 5}},
        {"type": "object", "minProperties": 1, "properties": {"a": {"type": "string"}}},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "string", "maxLength": 1}}}]},
        {"$ref": "#/$defs/node", "$defs": {"node": {**_NODE, "required": ["value"]}}},
        {"type": "object", "required": ["a"], "properties": {"a": {"examples": ["x-1"], "pattern": "^x-1$"}}},
    ],
)
def test_the_schema_accepts_it(schema: dict[str, Any]) -> None:
    assert violations(schema, instance_of(schema)) == ()


def test_what_a_condition_asks_for_is_added() -> None:
    schema = {
        "type": "object",
        "properties": {"action": {"const": "refund"}, "amount": {"type": "number", "minimum": 1}},
        "required": ["action"],
        "if": {"properties": {"action": {"const": "refund"}}},
        "then": {"required": ["amount"]},
    }
    assert instance_of(schema) == {"action": "refund", "amount": 1}


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {}},
        {"type": "string", "minLength": 5, "maxLength": 4},
        {"type": "string", "pattern": "^a$b"},
        {"type": "number", "minimum": 1e308, "multipleOf": 1e-308},
        {"$ref": "#/$defs/node", "$defs": {"node": {**_NODE, "required": ["next"]}}},
    ],
)
def test_a_schema_that_accepts_nothing_has_no_instance(schema: dict[str, Any]) -> None:
    with pytest.raises(CannotBuild):
        instance_of(schema)


_WORDS = st.sampled_from(["a", "b"])
_SCHEMAS = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "integer", "boolean", "null"])}),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(_WORDS, inner, max_size=2),
                "required": st.lists(_WORDS, max_size=2, unique=True),
            }
        ),
        st.fixed_dictionaries(
            {"type": st.just("array"), "items": inner, "minItems": st.integers(0, 3)},
        ),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(_SCHEMAS)
def test_every_schema_of_plain_types_has_an_instance(schema: dict[str, Any]) -> None:
    assert violations(schema, instance_of(schema)) == ()


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "required", "items", "minItems", "enum", "minimum", "multipleOf",
                 "minLength", "maxLength", "pattern", "anyOf", "if", "then", "prefixItems", "contains", "a"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_no_schema_that_loads_breaks_it(schema: Any) -> None:
    if not isinstance(schema, dict) or why_not_schema(schema) is not None:
        return
    try:
        value = instance_of(schema)
    except CannotBuild:
        return
    assert violations(schema, value) == ()


def _tool(properties: dict[str, Any], **schema: Any) -> ToolSpec:
    arguments = {"type": "object", "properties": properties, **schema}
    return ToolSpec.model_validate({"name": "mail.send", "allow": ["send"], "arguments": arguments})


def test_what_a_call_does_not_say_is_made_up() -> None:
    tool = _tool({"to": {"type": "string"}, "subject": {"type": "string"}}, required=["to", "subject"])
    assert completed(tool, {"to": "a@b.invalid"}) == {"to": "a@b.invalid", "subject": "text"}


def test_what_a_call_says_stays_even_if_the_schema_refuses_it() -> None:
    tool = _tool({"amount": {"type": "number", "maximum": 100}})
    assert completed(tool, {"amount": 9000, "as_admin": True}) == {"amount": 9000, "as_admin": True}


def test_an_argument_by_role_that_the_tool_does_not_have_is_left_out() -> None:
    assert completed(_tool({"to": {"type": "string"}}), {"to": "x", "body": "secret"}) == {"to": "x"}


def test_a_lone_value_becomes_a_list_where_the_tool_takes_one() -> None:
    assert completed(_tool({"to": {"type": "array", "items": {"type": "string"}}}), {"to": "x"}) == {
        "to": ["x"]
    }


def test_a_tool_that_takes_nothing_that_could_be_made_up_is_named() -> None:
    with pytest.raises(CannotBuild, match=r"mail\.send"):
        completed(_tool({"to": {"not": {}}}, required=["to"]), {})
