"""Graders made of graders: all of them, any of them, not this one, or enough of their weight.

Every part is asked, and if one of them breaks nothing was measured. Not asking the rest once the outcome is
clear would be cheaper, but then a run would count only when its first part says yes, which tilts the rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from evals.graders.interface import Grader, graded
from evals.results.records import Attempt, Grade, GradeResult


class Rule(Protocol):
    """How the words of the parts become one: whether they suffice, in words if they do not."""

    name: str

    def why_not(self, grades: Sequence[Grade]) -> str | None:
        """None if the whole passes. Every grade is a pass or a fail."""
        ...


@dataclass(frozen=True, slots=True)
class Combined:
    """A grader that asks its parts, all at the same time."""

    rule: Rule
    parts: tuple[Grader, ...]

    @property
    def name(self) -> str:
        """The rule's: all, any, not or weighted."""
        return self.rule.name

    async def grade(self, attempt: Attempt) -> GradeResult:
        """Pass or fail by the rule; neither if a part could not tell, and for its cause."""
        results = await asyncio.gather(*(graded(part, attempt) for part in self.parts))
        grades = [result for result in results if isinstance(result, Grade)]
        if len(grades) < len(results):
            unmeasured = [result for result in results if not isinstance(result, Grade)]
            return replace(unmeasured[0], grader=self.name, reason=_reasons(unmeasured))
        why_not = self.rule.why_not(grades)
        return Grade(self.name, why_not is None, why_not or "")


@dataclass(frozen=True, slots=True)
class All:
    """Every part passes."""

    name = "all"

    def why_not(self, grades: Sequence[Grade]) -> str | None:
        """Name the parts that failed."""
        return _reasons([grade for grade in grades if not grade.passed]) or None


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part passes."""

    name = "any"

    def why_not(self, grades: Sequence[Grade]) -> str | None:
        """If none does, every reason counts."""
        return None if any(grade.passed for grade in grades) else _reasons(grades)


@dataclass(frozen=True, slots=True)
class Not:
    """The one part fails."""

    name = "not"

    def why_not(self, grades: Sequence[Grade]) -> str | None:
        """Name the part that passed."""
        return f"{grades[0].grader} passed" if grades[0].passed else None


@dataclass(frozen=True, slots=True)
class Weighted:
    """The parts that pass hold at least the share `threshold` of all weight."""

    threshold: float
    weights: tuple[float, ...]
    name = "weighted"

    def why_not(self, grades: Sequence[Grade]) -> str | None:
        """The score, and the parts that were missing."""
        won = sum(weight for weight, grade in zip(self.weights, grades, strict=True) if grade.passed)
        score = won / sum(self.weights)
        if score >= self.threshold - 1e-9:
            return None
        return (
            f"scored {score:.2f}, below {self.threshold:g}: {_reasons([g for g in grades if not g.passed])}"
        )


def _reasons(grades: Sequence[GradeResult]) -> str:
    return "; ".join(
        f"{grade.grader}: {grade.reason}" if grade.reason else f"{grade.grader} failed" for grade in grades
    )
