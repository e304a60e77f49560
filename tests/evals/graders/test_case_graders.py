"""From what a person wrote under `evaluator:` and `success:` to the graders of a case, or to what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.errors import InvalidInput, Problem
from evals.graders import graders_for, graders_of
from evals.results.records import Grade
from tests.fakes.grading import case_of, completed, judged, means

CONTRACT = {"type": "object", "required": ["amount"]}
ARTICLE = "amount==15 and contains('refund processed')"
YES = {"contains": "refund"}


def names(evaluator: Any, success: str | None = None) -> list[str]:
    return [grader.name for grader in graders_for(case_of(evaluator, success), means(CONTRACT))]


def problems(evaluator: Any, success: str | None = None, **more: Any) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        graders_for(case_of(evaluator, success, **more), means())
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("evaluator", "graders"),
    [
        ("json_schema + string match", ["json_schema", "success"]),
        ("string match", ["success"]),
        ("JSON Schema+success", ["json_schema", "success"]),
        (None, ["success"]),
        ("json_schema", ["json_schema", "success"]),
        (["json_schema", {"exact": "a"}], ["json_schema", "exact", "success"]),
        ({"contains": ["a", "b"]}, ["contains", "success"]),
        (["success", {"regex": "a"}, {"regex": "b"}], ["success", "regex", "regex"]),
        (
            [{"numeric": {"equals": 1}}, {"tool_called": "t"}, {"tool_not_called": {"name": "t"}}],
            ["numeric", "tool_called", "tool_not_called", "success"],
        ),
    ],
)
def test_every_written_form_is_understood_and_success_always_counts(
    evaluator: Any, graders: list[str]
) -> None:
    assert names(evaluator, ARTICLE) == graders


def test_the_article_s_case_passes_and_fails_as_it_says() -> None:
    graders = graders_for(case_of("json_schema + string match", ARTICLE), means(CONTRACT))
    good = completed('{"amount": 15, "note": "Refund processed"}')
    bad = completed('{"amount": 12, "note": "Refund processed"}')
    assert judged(graders, good)[0] is True
    assert judged(graders, bad) == (
        False,
        (Grade("json_schema", True), Grade("success", False, "amount==15 was 12")),
    )


def test_the_schema_of_the_case_wins_over_the_contract() -> None:
    [grader] = graders_for(case_of("json_schema", schema={"type": "array"}), means(CONTRACT))
    assert grader.grade(completed("[]")) == Grade("json_schema", True)


def test_success_named_in_a_part_is_not_asked_a_second_time() -> None:
    graders = graders_for(case_of({"any": ["success", YES]}, "contains('x')"), means())
    assert [grader.name for grader in graders] == ["any"]


def test_a_schema_named_in_a_part_is_checked() -> None:
    written = case_of({"any": ["json_schema", YES]}, schema={"type": "array"})
    assert judged(graders_for(written, means()), completed("[]"))[0] is True


def test_of_a_part_with_several_evaluators_all_must_pass() -> None:
    [grader] = graders_for(case_of({"any": [{"contains": "refund", "regex": "done"}]}), means())
    assert judged([grader], completed("refund done"))[0] is True
    assert judged([grader], completed("refund"))[0] is False


@pytest.mark.parametrize(
    ("evaluator", "success", "what", "fix"),
    [
        ("json_schem", None, "json_schem: is not an evaluator", "did you mean 'json_schema'?"),
        ("vibes", None, "vibes: is not an evaluator", "there are json_schema, success, exact"),
        ("json_schema", None, "json_schema: has no schema", "add  schema: {…}  to the case"),
        ("string match", None, "success: has nothing to match", "add  success: "),
        (None, "amount=15", 'success: column 7: "=" is not understood', "write =="),
        (
            [{"regex": "(?=a)"}],
            None,
            "regex: look-around is not supported",
            "write the condition as two checks",
        ),
        ("exact", None, "exact: does not say what to look for", 'write  exact: "…"'),
        ([{"exact": 15}], None, "exact: needs text, not 15", 'write  exact: "15"'),
        (
            [{"json_schema": {"type": "object"}}],
            None,
            "json_schema: takes no value",
            "write  json_schema  alone",
        ),
        ([{"numeric": {"equal": 1}}], None, "numeric: unknown key 'equal'", "did you mean 'equals'?"),
        ([], None, "does not say what is right", "add  success:"),
        ("json_schema +", None, ": is not an evaluator", "there are"),
    ],
)
def test_what_is_wrong_is_refused_with_the_case_its_line_and_the_repair(
    evaluator: Any, success: str | None, what: str, fix: str
) -> None:
    problem = problems(evaluator, success)[-1]
    assert (problem.file, problem.line) == ("suite.yaml", 9)
    assert problem.what.startswith(f"case 'refund': {what}")
    assert problem.fix.startswith(fix)


def test_every_problem_of_a_case_is_told_at_once() -> None:
    assert len(problems(["vibes", {"exact": 1}, {"regex": "("}], "a=1")) == 4


def test_a_schema_that_no_evaluator_uses_is_refused() -> None:
    assert "a schema that nothing checks" in problems(None, "a==1", schema={})[0].what


def test_the_problems_of_every_case_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        graders_of([case_of("vibes"), case_of({"exact": 1}), case_of(YES)], means())
    assert len(caught.value.problems) == 2
