from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.graders.answer.numeric import NUMERIC
from evals.results.records import Attempt, Grade, GradeResult, SampleStatus
from tests.fakes.grading import built, immediate_grade


def graded(settings: dict[str, Any], output: str | None) -> GradeResult:
    grader = built(NUMERIC, settings, line=7)
    return immediate_grade(grader, Attempt(SampleStatus.COMPLETED, output=output))


@pytest.mark.parametrize(
    ("settings", "output"),
    [
        ({"path": "amount", "equals": 15}, '{"amount": 15.0}'),
        ({"path": "amount", "equals": 15, "tolerance": 0.01}, '{"amount": 15.01}'),
        ({"path": "amount", "equals": 1, "tolerance": 0.1}, '{"amount": 1.1}'),
        ({"path": "a[0].b", "equals": -200, "relative_tolerance": 0.1}, '{"a": [{"b": -181}]}'),
        ({"path": "amount", "min": 1, "max": 2}, '{"amount": 2}'),
        ({"equals": 42}, " 42\n"),
    ],
)
def test_a_number_near_enough_or_within_its_bounds_passes(settings: dict[str, Any], output: str) -> None:
    assert graded(settings, output) == Grade("numeric", True)


@pytest.mark.parametrize(
    ("settings", "output", "reason"),
    [
        ({"path": "a", "equals": 15}, '{"a": 12}', "a was 12, not 15"),
        ({"path": "a", "equals": 15, "tolerance": 0.01}, '{"a": 15.02}', "a was 15.02, not 15 ± 0.01"),
        ({"path": "a", "min": 3}, '{"a": 2}', "a was 2, below 3"),
        ({"path": "a", "max": 3}, '{"a": 4}', "a was 4, above 3"),
        ({"path": "a", "equals": 15}, '{"a": "15"}', 'a is not a number: "15"'),
        ({"path": "a", "equals": 1}, '{"a": true}', "a is not a number: true"),
        ({"path": "a", "equals": 1}, "{}", "a is not a number: nothing is there"),
        ({"path": "a", "equals": 1}, "one", 'the output is not JSON: "one"'),
        ({"path": "a", "equals": 1}, None, 'the output is not JSON: ""'),
    ],
)
def test_what_is_wrong_fails_with_what_was_there(
    settings: dict[str, Any], output: str | None, reason: str
) -> None:
    assert graded(settings, output) == Grade("numeric", False, reason)


def test_an_integer_too_large_for_a_float_fails_and_breaks_nothing() -> None:
    assert graded({"path": "a", "max": 1}, '{"a": 1' + "0" * 400 + "}").passed is False
    assert graded({"path": "a", "equals": 1}, '{"a": -1' + "0" * 400 + "}").passed is False


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"path": "a"}, "add  equals: …"),
        ({"path": "a", "min": 1, "tolerance": 1}, "add  equals: …"),
        ({"min": 2, "max": 1}, "exchange them"),
        ({"equals": 1, "tolerence": 1}, "did you mean 'tolerance'"),
        ({"equals": 1, "path": "a..b"}, "column 2"),
        ({"equals": 1, "tolerance": -1}, "greater than or equal to 0"),
    ],
)
def test_settings_that_say_nothing_or_are_wrong_are_refused(settings: dict[str, Any], advice: str) -> None:
    with pytest.raises(InvalidInput, match=advice) as caught:
        graded(settings, "1")
    assert caught.value.problems[0].line == 7
