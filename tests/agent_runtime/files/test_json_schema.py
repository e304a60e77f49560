"""Which schemas can be applied, and why the others cannot."""

from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.files.json_schema import why_not_schema

SLOW = "(a)\\1"
"""A back reference: no engine runs it in linear time."""


@pytest.mark.parametrize("schema", [{}, True, {"type": "object", "properties": {"a": {"pattern": "^x+$"}}}])
def test_a_schema_of_the_draft_can_be_applied(schema: Any) -> None:
    assert why_not_schema(schema) is None


def test_what_is_no_schema_is_said_in_a_sentence() -> None:
    assert "'strin'" in (why_not_schema({"type": "strin"}) or "")


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": SLOW},
        {"items": {"pattern": SLOW}},
        {"anyOf": [{"pattern": SLOW}]},
        {"patternProperties": {SLOW: {}}},
    ],
)
def test_a_pattern_that_needs_backtracking_is_refused_wherever_it_stands(schema: Any) -> None:
    assert (why_not_schema(schema) or "").startswith("pattern ")


@pytest.mark.parametrize("key", ["const", "default"])
def test_data_is_not_read_as_schema(key: str) -> None:
    assert why_not_schema({key: {"pattern": SLOW}}) is None


@pytest.mark.parametrize("key", ["enum", "examples"])
def test_data_in_lists_is_not_read_as_schema(key: str) -> None:
    assert why_not_schema({key: [{"pattern": SLOW}]}) is None
