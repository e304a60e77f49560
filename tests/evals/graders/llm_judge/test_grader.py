"""What a judge sees of a run, and what its ballot is as a grade."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.graders.llm_judge.grader import LlmJudge
from evals.graders.llm_judge.panel import Judge, JudgePanel
from evals.graders.llm_judge.votes import Ballot, JudgeInput, Vote
from evals.results.records import Attempt, Grade, GradeResult, NoMajority, ObservedCall
from tests.fakes.grading import completed


class Scripted(Judge):
    """A judge whose votes are written in the test, and that remembers what it was shown."""

    def __init__(self, *votes: bool | None) -> None:
        self.votes = tuple(Vote(passed, "said so") for passed in votes)
        self.shown: list[JudgeInput] = []

    async def judge(self, judge_input: JudgeInput) -> Ballot:
        self.shown.append(judge_input)
        return Ballot(self.votes)


def grade_by(judge: Scripted, attempt: Attempt) -> GradeResult:
    panel = JudgePanel(Path(), {}, ["email"])
    return asyncio.run(LlmJudge(judge, panel, "mail bob@example.com").grade(attempt))


def actions_shown(calls: Sequence[ObservedCall] | None) -> str:
    judge = Scripted(True)
    grade_by(judge, completed("done", calls))
    return judge.shown[0].actions


def test_a_majority_is_a_pass_or_a_fail_with_its_reason() -> None:
    assert grade_by(Scripted(True, True, False), completed("x")) == Grade(
        "judge", True, "2 pass, 1 fail: said so"
    )
    assert grade_by(Scripted(False), completed("x")) == Grade("judge", False, "1 fail: said so")


def test_a_ballot_without_a_majority_is_no_grade() -> None:
    assert isinstance(grade_by(Scripted(True, False), completed("x")), NoMajority)


def test_a_judge_sees_what_was_called_with_what_and_whether_it_was_done() -> None:
    refused = ObservedCall("refund", {"amount": 900}, executed=False)
    assert actions_shown([refused]) == '[{"arguments":{"amount":900},"executed":false,"tool":"refund"}]'


@pytest.mark.parametrize(("calls", "shown"), [((), "[]"), (None, "")])
def test_no_call_is_shown_as_none_and_unknown_calls_not_at_all(
    calls: Sequence[ObservedCall] | None, shown: str
) -> None:
    assert actions_shown(calls) == shown


def test_personal_data_in_a_call_is_not_shown_to_a_judge() -> None:
    assert "[EMAIL_1]" in actions_shown([ObservedCall("mail", {"to": "bob@example.com"})])
