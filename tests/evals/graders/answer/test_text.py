from __future__ import annotations

import time
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.graders.answer.text import CONTAINS, EXACT, REGEX
from evals.graders.interface import Grader
from evals.graders.kind import GraderKind
from evals.results.records import Attempt, Grade, GradeResult, SampleStatus
from tests.fakes.grading import built, immediate_grade


def graded(grader: Grader, output: str | None) -> GradeResult:
    return immediate_grade(grader, Attempt(SampleStatus.COMPLETED, output=output))


def test_exact_compares_the_whole_trimmed_output() -> None:
    assert graded(built(EXACT, "Paris"), " Paris\n").passed
    assert graded(built(EXACT, "Paris"), "Paris, France").reason == 'was "Paris, France", not "Paris"'


def test_contains_ignores_the_case_of_letters() -> None:
    assert graded(built(CONTAINS, "refund PROCESSED"), "Your Refund Processed today").passed


def test_contains_with_a_list_wants_all_and_names_the_absent() -> None:
    grade = graded(built(CONTAINS, ["a1", "b2", "c3"]), "only b2")
    assert grade == Grade("contains", False, '"a1", "c3" not in "only b2"')


def test_regex_searches_anywhere() -> None:
    assert graded(built(REGEX, r"order #\d+"), "for order #123.").passed
    assert graded(built(REGEX, r"^order"), "for order").reason == '^order not found in "for order"'


@pytest.mark.parametrize("kind", [EXACT, CONTAINS, REGEX])
def test_no_output_is_an_empty_text_and_fails(kind: GraderKind[Any]) -> None:
    assert graded(built(kind, "x"), None).passed is False


@pytest.mark.parametrize("kind", [EXACT, CONTAINS, REGEX])
@pytest.mark.parametrize("value", [None, 15, True, "", "  ", [], {"a": 1}, ["a", 1]])
def test_what_is_not_a_text_is_refused_with_the_repair(kind: GraderKind[Any], value: Any) -> None:
    with pytest.raises(InvalidInput, match=f"fix: write  {kind.name}: "):
        built(kind, value)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)", "look-around is not supported"),
        ("(?<!a)b", "look-around is not supported"),
        (r"(a)\1", "back-references are not supported"),
        ("(", "is not a pattern: missing \\)"),
        ("a" * 1001, "has 1001 characters"),
    ],
)
def test_a_pattern_that_cannot_run_in_linear_time_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        built(REGEX, pattern)


def test_a_refused_pattern_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidInput):
        built(REGEX, "(")
    assert capfd.readouterr() == ("", "")


def test_a_pattern_that_explodes_elsewhere_is_linear_here() -> None:
    started = time.process_time()
    assert not graded(built(REGEX, "^(a+)+$"), "a" * 100_000 + "!").passed
    assert time.process_time() - started < 5


def test_half_a_surrogate_pair_breaks_no_grader() -> None:
    assert graded(built(REGEX, "x"), "\ud800 x").passed
    graded(built(EXACT, "x"), "\ud800").reason.encode()
