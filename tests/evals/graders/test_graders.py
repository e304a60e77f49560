from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.errors import InvalidInput, Problem
from evals.graders import graders_for
from evals.results.records import Attempt, Grade, GraderBroke, GradeResult, SampleStatus
from tests.fakes.grading import case_of, completed, judged, means

CONTRACT = {"type": "object", "required": ["amount"]}
ARTICLE = "amount==15 and contains('refund processed')"


def names(evaluator: Any, success: str | None = None) -> list[str]:
    return [grader.name for grader in graders_for(case_of(evaluator, success), means(CONTRACT))]


def problems(evaluator: Any, success: str | None = None, **more: Any) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        graders_for(case_of(evaluator, success, **more), means())
    return list(caught.value.problems)


class Fixed:
    """A grader that always says the same, or breaks."""

    def __init__(self, passed: bool | None, breaks: bool = False) -> None:
        self.name = "fixed"
        self.passed = passed
        self.breaks = breaks

    def grade(self, attempt: Attempt) -> GradeResult:
        if self.breaks:
            raise ZeroDivisionError("division by zero")
        return GraderBroke(self.name) if self.passed is None else Grade(self.name, self.passed)


def word_of(*graders: Fixed, status: SampleStatus = SampleStatus.COMPLETED) -> bool | None:
    return judged(graders, Attempt(status, output="x"))[0]


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


def test_all_graders_must_pass() -> None:
    assert word_of(Fixed(True), Fixed(True)) is True
    assert word_of(Fixed(True), Fixed(False)) is False


@pytest.mark.parametrize("other", [True, False])
def test_a_broken_grader_leaves_the_sample_unmeasured_whatever_the_others_say(other: bool) -> None:
    assert word_of(Fixed(other), Fixed(None)) is None
    assert word_of(Fixed(True, breaks=True), Fixed(other)) is None


def test_a_grader_that_raises_says_how_it_broke() -> None:
    _, [grade] = judged([Fixed(True, breaks=True)], completed("x"))
    assert grade == GraderBroke("fixed", "grader broke: ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    "status", [SampleStatus.AGENT_TIMEOUT, SampleStatus.CAP_HIT, SampleStatus.CONTRACT_VIOLATION]
)
def test_an_attempt_that_did_not_complete_fails_without_grading(status: SampleStatus) -> None:
    assert judged([Fixed(True, breaks=True)], Attempt(status, output="x")) == (False, ())


def test_an_infrastructure_error_measured_nothing() -> None:
    assert word_of(Fixed(False), status=SampleStatus.INFRA_ERROR) is None


def test_without_graders_nothing_is_measured() -> None:
    assert word_of() is None
