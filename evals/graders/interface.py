"""What every grader answers to, and what it may use."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evals.graders.llm_judge.panel import JudgePanel
from evals.results.records import Attempt, GraderBroke, GradeResult


class Grader(Protocol):
    """Judges a completed attempt. Pure (no I/O, no clock, no randomness), unless it has to be awaited.

    Attributes:
        name: as it appears in reports, such as `success` or `json_schema`.
    """

    @property
    def name(self) -> str: ...

    def grade(self, attempt: Attempt) -> GradeResult | Awaitable[GradeResult]:
        """Say pass or fail, with a reason a person can act on; raising means the grader broke."""
        ...


@dataclass(frozen=True, slots=True)
class GraderContext:
    """What the graders of a suite may use besides the attempt.

    Attributes:
        root: folder of the suite; files that graders name are beside it or below.
        judges: its LLM judges.
        contract: the policy's output contract, for `json_schema` without a `schema:` in the case.
    """

    root: Path
    judges: JudgePanel
    contract: Mapping[str, Any] | None = None


async def graded(grader: Grader, attempt: Attempt) -> GradeResult:
    """What came of the grader; one that breaks neither passes nor fails the agent."""
    try:
        grade = grader.grade(attempt)
        return await grade if inspect.isawaitable(grade) else grade
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a grader that breaks is not an agent that failed
        return GraderBroke(grader.name, f"grader broke: {type(error).__name__}: {error}")
