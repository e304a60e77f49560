from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from evals.graders import graders_for
from tests.fakes.grading import case_of, completed, grade_of, means

YES, NO, UNKNOWN = {"contains": "refund"}, {"contains": "absent"}, {"max_cost_usd": 1}


def graded(written: Any) -> tuple[bool | None, str]:
    grade = grade_of(written, completed("the refund was processed"))
    return grade.passed, grade.reason


@pytest.mark.parametrize(
    ("written", "passed"),
    [
        ({"all": [YES, YES]}, True),
        ({"all": [YES, NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"any": [NO, NO]}, False),
        ({"not": NO}, True),
        ({"not": YES}, False),
        ({"not": {"contains": "refund", "regex": "absent"}}, True),
        ({"any": [{"all": [YES, {"not": NO}]}, NO]}, True),
        ({"any": [{"expression": "contains('nothing')"}, {"expression": "contains('refund')"}]}, True),
        ({"weighted": {"threshold": 0.6, "parts": [{"weight": 2, **YES}, NO]}}, True),
        ({"weighted": {"threshold": 0.7, "parts": [{"weight": 2, **YES}, NO]}}, False),
        ({"weighted": {"threshold": 1, "parts": [{"weight": 0.1, **YES}, {"weight": 0.2, **YES}]}}, True),
    ],
)
def test_parts_combine_as_their_rule_says(written: Any, passed: bool) -> None:
    assert graded(written)[0] is passed


@pytest.mark.parametrize(
    "written",
    [
        {"all": [NO, UNKNOWN]},
        {"any": [YES, UNKNOWN]},
        {"not": UNKNOWN},
        {"weighted": {"threshold": 0.1, "parts": [{"weight": 99, **YES}, UNKNOWN]}},
    ],
)
def test_a_part_that_could_not_tell_leaves_the_whole_unmeasured(written: Any) -> None:
    assert graded(written) == (None, "max_cost_usd: the target does not report what max_cost_usd limits")


def test_a_failure_names_the_parts_and_the_score() -> None:
    _, reason = graded({"weighted": {"threshold": 0.7, "parts": [{"weight": 2, **YES}, NO]}})
    assert reason == 'scored 0.67, below 0.7: contains: "absent" not in "the refund was processed"'
    assert graded({"not": YES})[1] == "contains passed"


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_all_any_and_not_agree_with_logic(parts: list[bool]) -> None:
    written = [YES if part else NO for part in parts]
    assert graded({"all": written})[0] is all(parts)
    assert graded({"any": written})[0] is any(parts)
    assert graded({"not": {"any": written}})[0] is not any(parts)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ({"any": []}, "any: needs a list"),
        ({"all": {"contains": "a"}}, "all: needs a list"),
        ({"not": [YES]}, "is not an evaluator"),
        ({"any": [5]}, "5 is not an evaluator"),
        ({"any": [{"contians": "a"}]}, "did you mean 'contains'?"),
        ({"weighted": {"parts": [YES]}}, "'threshold' is missing"),
        ({"weighted": {"threshold": 0, "parts": [YES]}}, "threshold"),
        ({"weighted": {"threshold": 1, "parts": [{"weight": 0, **YES}]}}, "a weight is a number above 0"),
        ({"weighted": {"threshold": 1, "parts": [{"weight": 1}]}}, "is not an evaluator"),
    ],
)
def test_what_cannot_be_combined_is_refused_with_the_line(written: Any, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        graders_for(case_of(written), means())
    assert what in str(caught.value)
    assert caught.value.problems[0].line == 9
