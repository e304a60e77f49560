from __future__ import annotations

import pytest

from evals.results.records import Attempt, Grade, GraderBroke, GradeResult, SampleStatus
from tests.fakes.grading import judged


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


def test_all_graders_must_pass() -> None:
    assert word_of(Fixed(True), Fixed(True)) is True
    assert word_of(Fixed(True), Fixed(False)) is False


@pytest.mark.parametrize("other", [True, False])
def test_a_broken_grader_leaves_the_sample_unmeasured_whatever_the_others_say(other: bool) -> None:
    assert word_of(Fixed(other), Fixed(None)) is None
    assert word_of(Fixed(True, breaks=True), Fixed(other)) is None


@pytest.mark.parametrize(
    "status", [SampleStatus.AGENT_TIMEOUT, SampleStatus.CAP_HIT, SampleStatus.CONTRACT_VIOLATION]
)
def test_an_attempt_that_did_not_complete_fails_without_grading(status: SampleStatus) -> None:
    assert judged([Fixed(True, breaks=True)], Attempt(status, output="x")) == (False, ())


def test_an_infrastructure_error_measured_nothing() -> None:
    assert word_of(Fixed(False), status=SampleStatus.INFRA_ERROR) is None


def test_without_graders_nothing_is_measured() -> None:
    assert word_of() is None
