"""What comes of a grader that breaks, or that has to be awaited."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from evals.graders.interface import graded
from evals.results.records import Attempt, Grade, GraderBroke
from tests.fakes.grading import completed, judged


class Raising:
    name = "fixed"

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def grade(self, attempt: Attempt) -> Grade:
        raise self.error


class Asking:
    name = "asking"

    async def grade(self, attempt: Attempt) -> Grade:
        await asyncio.sleep(0)
        return Grade(self.name, attempt.output == "yes")


def result_of(grader: Any, output: str = "x") -> Any:
    return asyncio.run(graded(grader, completed(output)))


def test_a_grader_that_asks_somebody_is_awaited() -> None:
    assert result_of(Asking(), "yes") == Grade("asking", True)


def test_a_grader_that_raises_says_how_it_broke() -> None:
    _, [grade] = judged([Raising(ZeroDivisionError("division by zero"))], completed("x"))
    assert grade == GraderBroke("fixed", "grader broke: ZeroDivisionError: division by zero")


def test_a_grader_that_ends_the_program_only_broke() -> None:
    assert result_of(Raising(SystemExit(3))) == GraderBroke("fixed", "grader broke: SystemExit: 3")


@pytest.mark.parametrize("end", [KeyboardInterrupt, asyncio.CancelledError])
def test_who_ends_the_evaluation_is_not_held_up_by_a_grader(end: type[BaseException]) -> None:
    with pytest.raises(end):
        result_of(Raising(end()))
