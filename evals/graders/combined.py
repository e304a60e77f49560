"""Graders made of graders: all of them, any of them, not this one, or enough of their weight.

Every part is asked, and if one of them breaks nothing was measured. Negation asking the rest once the outcome is
clear would be cheaper, but then a run would count only when its first part says yes, which tilts the rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pydantic import Field

from agent_runtime.agent.spec import FileModel
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from evals.graders.interface import Grader, graded
from evals.graders.kind import CaseContext, GraderKind, settings_of
from evals.graders.quote import quote
from evals.results.records import Attempt, Grade, GradeResult


class Rule(Protocol):
    """How the grades of the parts make one grade."""

    name: str

    def why_not(self, grades: Sequence[Grade]) -> str | None:
        """The reason why the whole fails; None if it passes. Every grade is a pass or a fail."""
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
class AllOf:
    """Every part passes."""

    name = "all"

    def why_not(self, grades: Sequence[Grade]) -> str | None:
        """Name the parts that failed."""
        return _reasons([grade for grade in grades if not grade.passed]) or None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part passes."""

    name = "any"

    def why_not(self, grades: Sequence[Grade]) -> str | None:
        """If none does, every reason counts."""
        return None if any(grade.passed for grade in grades) else _reasons(grades)


@dataclass(frozen=True, slots=True)
class Negation:
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
        """The score, and the parts that failed."""
        passed = sum(weight for weight, grade in zip(self.weights, grades, strict=True) if grade.passed)
        score = passed / sum(self.weights)
        if score >= self.threshold - 1e-9:
            return None
        return (
            f"scored {score:.2f}, below {self.threshold:g}: {_reasons([g for g in grades if not g.passed])}"
        )


class WeightedSettings(FileModel):
    """What a person writes under `weighted:`. A part may have a `weight:` beside its evaluator; without, it is 1."""

    threshold: float = Field(gt=0, le=1, description="The share of all weight that must pass.")
    parts: list[dict[str, Any]] = Field(min_length=1)


def _weighted(settings: WeightedSettings, context: CaseContext) -> Combined:
    weights = tuple(_weight(part) for part in settings.parts)
    evaluators = [{key: value for key, value in part.items() if key != "weight"} for part in settings.parts]
    return Combined(Weighted(settings.threshold, weights), context.build_parts(evaluators))


def _weight(part: Mapping[str, Any]) -> float:
    weight = part.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < 1e9:
        what = f"a weight is a number above 0, not {quote(weight)}"
        raise InvalidInput.one("weight", what, "write  weight: 2")
    return float(weight)


def _list_of(name: str) -> Callable[[Document], list[Any]]:
    def read(document: Document) -> list[Any]:
        value = document.data
        if not isinstance(value, list) or not value:
            raise InvalidInput.one(name, f"needs a list, not {quote(value)}", f"write  {name}: [ …, … ]")
        return value

    return read


def _reasons(grades: Sequence[GradeResult]) -> str:
    return "; ".join(
        f"{grade.grader}: {grade.reason}" if grade.reason else f"{grade.grader} failed" for grade in grades
    )


def _value_itself(value: Any) -> Any:
    return value


ALL = GraderKind(
    name="all",
    read=_list_of("all"),
    build=lambda parts, context: Combined(AllOf(), context.build_parts(parts)),
    checks="Every one of these evaluators passes.",
    example='all: ["json_schema", { tool_called: "kb.search" }]',
    parts_in=_value_itself,
)
ANY = GraderKind(
    name="any",
    read=_list_of("any"),
    build=lambda parts, context: Combined(AnyOf(), context.build_parts(parts)),
    checks="At least one of these evaluators passes.",
    example='any: [{ contains: "refund processed" }, { expression: "status == \'done\'" }]',
    parts_in=_value_itself,
)
NOT = GraderKind(
    name="not",
    read=lambda document: document.data,
    build=lambda part, context: Combined(Negation(), context.build_parts([part])),
    checks="This evaluator fails.",
    example='not: { regex: "(?i)as an ai" }',
    parts_in=_value_itself,
)
WEIGHTED = GraderKind(
    name="weighted",
    read=settings_of(WeightedSettings),
    build=_weighted,
    checks="The evaluators that pass have at least this share of all weight.",
    example='weighted: { threshold: 0.7, parts: [{ weight: 2, contains: "refund" }, { max_latency_ms: 3000 }] }',
    parts_in=lambda value: value.get("parts") if isinstance(value, Mapping) else value,
)
