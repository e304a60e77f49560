"""What is right: graders look at an Attempt and give it a Grade.

Every evaluator of a case must pass. One that breaks (a bug in it, or a target that does not report what it
needs) leaves the sample unmeasured, even if another one failed: half of the grades are no measurement, and a
sample that would count only when it fails would tilt the rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.graders import case_graders
from evals.graders.answer.expression import EXPRESSION, SUCCESS
from evals.graders.answer.numeric import NUMERIC
from evals.graders.answer.schema import JSON_SCHEMA
from evals.graders.answer.text import CONTAINS, EXACT, REGEX
from evals.graders.behaviour.limits import MAX_COST_USD, MAX_LATENCY_MS
from evals.graders.behaviour.state import STATE
from evals.graders.behaviour.tools import TOOL_CALLED, TOOL_NOT_CALLED
from evals.graders.behaviour.trajectory import TRAJECTORY
from evals.graders.combined import ALL, ANY, NOT, WEIGHTED
from evals.graders.interface import Grader, GraderContext, graded
from evals.graders.kind import GraderKind
from evals.graders.llm_judge.grader import JUDGE
from evals.results.records import Attempt, GradeResult, SampleStatus
from evals.suite.suite import EvalCase

__all__ = ["KINDS", "Grader", "GraderContext", "grade", "graders_for", "graders_of"]

KINDS: tuple[GraderKind[Any], ...] = (
    JSON_SCHEMA,
    SUCCESS,
    EXACT,
    CONTAINS,
    REGEX,
    EXPRESSION,
    NUMERIC,
    TOOL_CALLED,
    TOOL_NOT_CALLED,
    TRAJECTORY,
    MAX_COST_USD,
    MAX_LATENCY_MS,
    STATE,
    JUDGE,
    ALL,
    ANY,
    NOT,
    WEIGHTED,
)
"""Every kind of grader, in the order of the guide. A new one is a file with its record, and a line here."""


def graders_of(cases: Sequence[EvalCase], context: GraderContext) -> dict[str, tuple[Grader, ...]]:
    """The graders of every case, by its id.

    Raises:
        InvalidInput: with every problem of every case.
    """
    return case_graders.graders_of(cases, context, KINDS)


def graders_for(case: EvalCase, context: GraderContext) -> tuple[Grader, ...]:
    """The graders of `case`, in the order written; `success` is among them if the case has it.

    Raises:
        InvalidInput: with every problem of the case's evaluators, its file and its line.
    """
    return case_graders.graders_for(case, context, KINDS)


async def grade(graders: Sequence[Grader], attempt: Attempt) -> tuple[bool | None, tuple[GradeResult, ...]]:
    """Whether `attempt` passed, and the result of every grader; None if that could not be measured.

    Only a completed attempt is graded. An infrastructure error measured nothing; any other end is a fail.
    """
    if attempt.status is SampleStatus.INFRA_ERROR:
        return None, ()
    if attempt.status is not SampleStatus.COMPLETED:
        return False, ()
    grades = tuple([await graded(grader, attempt) for grader in graders])
    if not grades or any(each.passed is None for each in grades):
        return None, grades
    return all(each.passed for each in grades), grades
