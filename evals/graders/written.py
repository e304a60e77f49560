"""From what a person wrote under `evaluator:` and `success:` to graders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from agent_runtime.agent.spec import FileModel
from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import Document, parse
from agent_runtime.files.suggestion import did_you_mean
from evals.graders import combined
from evals.graders.answer.expression import expression, success
from evals.graders.answer.numeric import numeric
from evals.graders.answer.schema import json_schema
from evals.graders.answer.text import contains, exact, regex, shown
from evals.graders.behaviour.limits import max_cost_usd, max_latency_ms
from evals.graders.behaviour.state import state
from evals.graders.behaviour.tools import tool_called, tool_not_called
from evals.graders.behaviour.trajectory import trajectory
from evals.graders.combined import Combined, Rule
from evals.graders.interface import Grader, GraderContext
from evals.graders.judge import judge
from evals.suite.suite import EvalCase

Item = tuple[str, Any]
"""An evaluator's plain name and its value, None without one."""

_FROM_THE_CASE: Mapping[str, Callable[[EvalCase, Mapping[str, Any] | None], Grader]] = {
    "json_schema": lambda case, contract: json_schema(case.schema if case.schema is not None else contract),
    "success": lambda case, _: success(case.success),
}
_WITH_A_VALUE: Mapping[str, Callable[[Document], Grader]] = {
    "exact": exact,
    "contains": contains,
    "regex": regex,
    "expression": expression,
    "numeric": numeric,
    "tool_called": tool_called,
    "tool_not_called": tool_not_called,
    "trajectory": trajectory,
    "max_cost_usd": max_cost_usd,
    "max_latency_ms": max_latency_ms,
}
_WITH_MEANS: Mapping[str, Callable[[Document, EvalCase, GraderContext], Grader]] = {
    "state": state,
    "judge": judge,
}
_LISTS: Mapping[str, Callable[[], Rule]] = {"all": combined.All, "any": combined.Any}
_COMBINED = (*_LISTS, "not", "weighted")
_ALIASES = {"string_match": "success"}
"""The article's `json_schema + string match`: the match is what `success` says."""
_CASE_KEY = {"json_schema": "schema: {…}", "success": 'success: "…"'}


class WeightedSettings(FileModel):
    """What a person writes under `weighted:`. A part may have a `weight:` beside its evaluator; without, it is 1."""

    threshold: float = Field(gt=0, le=1, description="The share of all weight that must pass.")
    parts: list[dict[str, Any]] = Field(min_length=1)


def graders_of(cases: Sequence[EvalCase], means: GraderContext) -> dict[str, tuple[Grader, ...]]:
    """The graders of every case, by its id.

    Raises:
        InvalidInput: with every problem of every case.
    """
    graders = {}
    problems: list[Problem] = []
    for case in cases:
        try:
            graders[case.case_id] = graders_for(case, means)
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return graders


def graders_for(case: EvalCase, means: GraderContext) -> tuple[Grader, ...]:
    """The graders of `case`, in the order written; `success` is among them if the case has it.

    Raises:
        InvalidInput: with every problem of the case's evaluators, its file and its line.
    """
    written = case.evaluator
    items = [item for part in _listed(written) for item in _named(part)]
    names = {name for item in items for name in _names(*item)}
    if case.success is not None and "success" not in names:
        items.append(("success", None))
    reading = _Reading(case, means)
    graders = tuple(grader for item in items if (grader := reading.grader(*item)) is not None)
    if not items:
        reading.note("does not say what is right", "add  success: …  or an evaluator")
    if case.schema is not None and "json_schema" not in names:
        reading.note("has a schema that nothing checks", "add  json_schema  to its evaluator")
    if reading.problems:
        raise InvalidInput(reading.problems)
    return graders


class _Reading:
    """The evaluators of one case, and what is wrong with them."""

    def __init__(self, case: EvalCase, means: GraderContext) -> None:
        self.case = case
        self.means = means
        self.problems: list[Problem] = []

    def grader(self, name: str, value: Any) -> Grader | None:
        """One evaluator; None if something is wrong with it, which is noted."""
        try:
            return self._combined(name, value) if name in _COMBINED else self._single(name, value)
        except InvalidInput as error:
            for problem in error.problems:
                self.note(f"{name}: {_elsewhere(problem, self.case)}{problem.what}", problem.fix)
        return None

    def note(self, what: str, fix: str) -> None:
        self.problems.append(
            Problem(self.case.file, self.case.line, f"case '{self.case.case_id}': {what}", fix)
        )

    def _single(self, name: str, value: Any) -> Grader:
        document = Document(self.case.file, value, {(): self.case.line} if self.case.line else {})
        if name in _WITH_A_VALUE:
            return _WITH_A_VALUE[name](document)
        if name in _WITH_MEANS:
            return _WITH_MEANS[name](document, self.case, self.means)
        if name not in _FROM_THE_CASE:
            raise InvalidInput.one(name, "is not an evaluator", _grader_meant(name))
        if value is not None:
            what = f"takes no value, but has {shown(value)}"
            raise InvalidInput.one(name, what, f"write  {name}  alone, and {_CASE_KEY[name]} beside it")
        return _FROM_THE_CASE[name](self.case, self.means.contract)

    def _combined(self, name: str, value: Any) -> Grader | None:
        if name == "weighted":
            return self._weighted(parse(Document(self.case.file, value, {}), WeightedSettings))
        if name == "not":
            part = self._part(value)
            return part and Combined(combined.Not(), (part,))
        if not isinstance(value, list) or not value:
            raise InvalidInput.one(name, f"needs a list, not {shown(value)}", f"write  {name}: [ …, … ]")
        parts = [self._part(item) for item in value]
        return Combined(_LISTS[name](), tuple(part for part in parts if part is not None))

    def _weighted(self, settings: WeightedSettings) -> Grader:
        weights = [_weight(part) for part in settings.parts]
        bare = [{key: value for key, value in part.items() if key != "weight"} for part in settings.parts]
        parts = [self._part(part) for part in bare]
        rule = combined.Weighted(settings.threshold, tuple(weights))
        return Combined(rule, tuple(part for part in parts if part is not None))

    def _part(self, written: Any) -> Grader | None:
        """One grader, whatever it is made of: of a part with several evaluators, all must pass."""
        if not isinstance(written, str | dict) or not written:
            raise InvalidInput.one(
                "part", f"{shown(written)} is not an evaluator", 'write e.g.  { contains: "…" }'
            )
        parts = [self.grader(*item) for item in _named(written)]
        found = tuple(part for part in parts if part is not None)
        return found[0] if len(parts) == len(found) == 1 else Combined(combined.All(), found)


def _listed(written: Any) -> list[Any]:
    return written if isinstance(written, list) else [] if written is None else [written]


def _named(item: str | Mapping[str, Any]) -> Iterator[Item]:
    if isinstance(item, str):
        yield from ((_plain(name), None) for name in item.split("+"))
    else:
        yield from ((_plain(name), value) for name, value in item.items())


def _names(name: str, value: Any) -> Iterator[str]:
    """The evaluator's name, and those of its parts at any depth."""
    yield name
    if name not in _COMBINED:
        return
    parts = value.get("parts") if name == "weighted" and isinstance(value, dict) else value
    for part in _listed(parts):
        if isinstance(part, str | dict):
            for inner in _named(part):
                yield from _names(*inner)


def _plain(name: str) -> str:
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower())
    return _ALIASES.get(plain, plain)


def _weight(part: Mapping[str, Any]) -> float:
    weight = part.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < 1e9:
        raise InvalidInput.one(
            "weight", f"a weight is a number above 0, not {shown(weight)}", "write  weight: 2"
        )
    return float(weight)


def _grader_meant(name: str) -> str:
    known = [*_FROM_THE_CASE, *_WITH_A_VALUE, *_WITH_MEANS, *_COMBINED]
    return did_you_mean(name, known, f"there are {', '.join(known)}")


def _elsewhere(problem: Problem, case: EvalCase) -> str:
    """Where the problem is, if that is another file than the case's."""
    if problem.file == case.file or not Path(problem.file).suffix:
        return ""
    return f"{problem.file}:{problem.line} " if problem.line else f"{problem.file} "
