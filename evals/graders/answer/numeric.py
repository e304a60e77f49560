"""The grader of a number in the output: near a value, or within bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from pydantic import Field, field_validator, model_validator

from agent_runtime.agent.spec import FileModel
from agent_runtime.files.documents import strict_json
from agent_runtime.files.json_path import MISSING, look_up, parse_path
from evals.graders.kind import GraderKind, settings_of
from evals.graders.quote import quote
from evals.results.records import Attempt, Grade

_ROUNDING = 1e-9
"""1.1 is within 0.1 of 1.0, although their binary difference is a little more (0.10000000000000009)."""


class NumericSettings(FileModel):
    """What a person writes under `numeric:`."""

    path: str = Field(default="$", description="Where the number is; $ is the whole output.")
    equals: float | None = None
    tolerance: float = Field(default=0, ge=0)
    relative_tolerance: float = Field(default=0, ge=0, description="A fraction of `equals`: 0.01 is 1 %.")
    min: float | None = None
    max: float | None = None

    @field_validator("path")
    @classmethod
    def _is_path(cls, value: str) -> str:
        parse_path(value)
        return value

    @model_validator(mode="after")
    def _says_what_is_right(self) -> Self:
        if self.equals is None and self.min is None and self.max is None:
            raise ValueError("does not say what is right | add  equals: …, min: … or max: …")
        if self.equals is None and (self.tolerance or self.relative_tolerance):
            raise ValueError("has a tolerance but no equals | add  equals: …")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g} | exchange them")
        return self


@dataclass(frozen=True, slots=True)
class Numeric:
    """The JSON output has, at a path, a number (not a text of digits) that is right."""

    settings: NumericSettings
    name = "numeric"

    def grade(self, attempt: Attempt) -> Grade:
        """Pass, or name the number that was found and the one that was expected."""
        try:
            data = strict_json(attempt.output or "")
        except ValueError:
            return Grade(self.name, False, f"the output is not JSON: {quote(attempt.output or '')}")
        found = look_up(data, parse_path(self.settings.path))
        if isinstance(found, bool) or not isinstance(found, int | float):
            return Grade(
                self.name,
                False,
                f"{self.settings.path} is not a number: {quote(found) if found is not MISSING else 'nothing is there'}",
            )
        wrong = _wrong(self.settings, _as_float(found))
        return Grade(
            self.name, not wrong, f"{self.settings.path} was {quote(found)}, {wrong}" if wrong else ""
        )


def _wrong(settings: NumericSettings, number: float) -> str:
    if settings.equals is not None:
        allowed = max(settings.tolerance, settings.relative_tolerance * abs(settings.equals))
        if abs(number - settings.equals) > allowed + _ROUNDING * abs(settings.equals):
            return f"not {settings.equals:g}" + (f" ± {allowed:g}" if allowed else "")
    if settings.min is not None and number < settings.min:
        return f"below {settings.min:g}"
    if settings.max is not None and number > settings.max:
        return f"above {settings.max:g}"
    return ""


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


NUMERIC = GraderKind(
    name="numeric",
    read=settings_of(NumericSettings),
    build=lambda settings, _: Numeric(settings),
    checks="A number in the JSON answer is near a value, or within bounds.",
    example='numeric: { path: "amount", equals: 15, tolerance: 0.01 }',
)
