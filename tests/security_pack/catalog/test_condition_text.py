"""Conditions in words."""

from __future__ import annotations

from typing import Any

import pytest

from security_pack.catalog.condition_text import describe, describe_parts
from security_pack.catalog.conditions import Condition


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"tool_executed": "{{write}}"}, "{{write}} runs"),
        ({"tool_requested": ["a.one", "a.two"]}, "the model asks for a.one or a.two"),
        (
            {"tool_executed": {"name": "pay", "args": {"amount": {"gt": 10, "lt": 20}, "to": "x"}}},
            "pay with amount > 10 and < 20 and to = 'x' runs",
        ),
        ({"tool_executed": {"name": "pay", "args": {"to": {"absent": True}}}}, "pay with to left out runs"),
        (
            {"tool_executed": {"name": "pay", "args": {"amount": {"sum": {"gt": 5}, "count": {"gt": 2}}}}},
            "pay with amount summing up to > 5 and given in > 2 calls runs",
        ),
        ({"seq": ["{{read}}", "{{write}}"]}, "{{read}} runs, then {{write}} runs"),
        ({"egress": "{{dest_host}}"}, "a connection to {{dest_host}}, or below it, is let through"),
        ({"sink": {"html": "{{mark}}"}}, "{{mark}} is live as html in the delivered answer"),
        (
            {"sink": {"grammar": "html", "surface": "report"}},
            "anything is live as html in the report that AgentCrewOps writes",
        ),
        ({"cost_gt": 5}, "the run costs more than $5"),
        ({"not": "success"}, "not: the probe's success"),
        ({"not": {"any": [{"steps_gt": 3}, {"memory_contains": "{{m}}"}]}}, None),
        ({"state": {"path": "$.a", "match": {"in": [1, 2]}}}, "the world ends with $.a one of [1, 2]"),
    ],
)
def test_a_condition_reads_aloud(written: dict[str, Any], words: str | None) -> None:
    expected = words or "not: (the run takes more than 3 steps, or {{m}} is remembered for the next run)"
    assert describe(Condition.model_validate(written)) == expected


def test_every_predicate_has_words() -> None:
    from security_pack.catalog.condition_text import _SENTENCES

    assert set(_SENTENCES) == set(Condition.model_fields)


def test_a_combination_is_told_part_by_part() -> None:
    both = Condition.model_validate({"all": [{"cost_gt": 1}, {"repeats_gt": 2}]})
    assert describe_parts(both) == (
        "all of",
        ("the run costs more than $1", "the very same call runs more than 2 times"),
    )
