"""The grader of the way to the answer: which tools were executed, in which order, with which arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field, model_validator

from agent_runtime.agent.spec import FileModel
from evals.graders.behaviour.tools import CallPattern, has_arguments, matches, not_reported
from evals.graders.kind import GraderKind, settings_of
from evals.graders.quote import quote
from evals.results.records import Attempt, Grade, NotObserved, ObservedCall


class TrajectorySettings(FileModel):
    """What a person writes under `trajectory:`. Only executed calls count; a refused one did nothing."""

    order: list[str | CallPattern] = Field(
        default=[], description="These calls, in this order; others may come between."
    )
    exact: bool = Field(default=False, description="No call but those of `order`.")
    arguments: dict[str, dict[str, Any]] = Field(
        default={}, description="Tool: the arguments that each call of it must have; it must be called."
    )
    forbidden: list[str] = Field(default=[], description="Tools that must not be executed.")
    max_calls: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.order or self.arguments or self.forbidden or self.exact or self.max_calls is not None):
            raise ValueError("asks for nothing | add  order: […], forbidden: […] or max_calls: …")
        both = {step.name for step in self.steps} | set(self.arguments)
        if contradiction := sorted(both & set(self.forbidden)):
            raise ValueError(f"'{contradiction[0]}' is wanted and forbidden | take it out of one of them")
        return self

    @property
    def steps(self) -> list[CallPattern]:
        """`order`, each with the arguments its call must have."""
        return [CallPattern(name=step) if isinstance(step, str) else step for step in self.order]


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The executed calls keep to the settings."""

    settings: TrajectorySettings
    name = "trajectory"

    def grade(self, attempt: Attempt) -> Grade | NotObserved:
        """Pass, or name everything that departs from the settings, and the calls there were."""
        if attempt.tool_calls is None:
            return not_reported(self.name)
        calls = [call for call in attempt.tool_calls if call.executed]
        wrong = list(_wrong(calls, self.settings))
        way = " → ".join(call.name for call in calls) or "no calls"
        return Grade(self.name, not wrong, f"{'; '.join(wrong)} (was: {_cut(way)})" if wrong else "")


def _wrong(calls: Sequence[ObservedCall], settings: TrajectorySettings) -> Iterator[str]:
    yield from _order(calls, settings)
    yield from _arguments(calls, settings)
    for tool in settings.forbidden:
        if any(call.name == tool for call in calls):
            yield f"{tool} was called, which is forbidden"
    if settings.max_calls is not None and len(calls) > settings.max_calls:
        yield f"{len(calls)} calls, above {settings.max_calls}"


def _order(calls: Sequence[ObservedCall], settings: TrajectorySettings) -> Iterator[str]:
    steps = settings.steps
    if settings.exact:
        if len(calls) != len(steps) or not all(map(matches, calls, steps)):
            yield f"the calls are not exactly {_steps(steps)}"
        return
    left = iter(calls)
    missing = next((step for step in steps if not any(matches(call, step) for call in left)), None)
    if missing is not None:
        before = steps[: steps.index(missing)]
        yield f"{_steps([missing])} was not called" + (f" after {_steps(before)}" if before else "")


def _arguments(calls: Sequence[ObservedCall], settings: TrajectorySettings) -> Iterator[str]:
    for tool, arguments in settings.arguments.items():
        of_tool = [call for call in calls if call.name == tool]
        other = next((call for call in of_tool if not has_arguments(call.arguments, arguments)), None)
        if other is not None:
            yield f"{tool} was called with {quote(dict(other.arguments))}, not with {quote(arguments)}"
        elif not of_tool:
            yield f"{tool} was not called"


def _steps(steps: Sequence[CallPattern]) -> str:
    return (
        " → ".join(f"{step.name}({quote(step.arguments)})" if step.arguments else step.name for step in steps)
        or "none"
    )


def _cut(way: str) -> str:
    return way if len(way) <= 300 else f"{way[:299]}…"


TRAJECTORY = GraderKind(
    name="trajectory",
    read=settings_of(TrajectorySettings),
    build=lambda settings, _: Trajectory(settings),
    checks="The executed calls come in this order, with these arguments, without these tools, and are not too many.",
    example='trajectory: { order: ["kb.search", "billing.refund"], max_calls: 5 }',
)
