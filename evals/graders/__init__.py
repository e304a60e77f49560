"""What is right: graders judge an Attempt, and say so in a Grade.

Every evaluator of a case must pass. One that breaks (a bug in it, or a target that does not report what it
needs) leaves the sample unmeasured, even if another one failed: half a judgement is no judgement, and a
sample that would count only when it fails would tilt the rate.
"""

from __future__ import annotations

from collections.abc import Sequence

from evals.graders.interface import Grader, GraderContext, graded
from evals.graders.written import graders_for, graders_of
from evals.results.records import Attempt, GradeResult, SampleStatus

__all__ = ["Grader", "GraderContext", "grade", "graders_for", "graders_of"]


async def grade(graders: Sequence[Grader], attempt: Attempt) -> tuple[bool | None, tuple[GradeResult, ...]]:
    """Whether `attempt` passed, and every grader's word; None if that could not be measured.

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
