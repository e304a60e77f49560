"""What is right: graders judge an Attempt, and say so in a Grade.

Every evaluator of a case must pass. One that breaks (a bug in it, or a target that does not report what it
needs) leaves the sample unmeasured, even if another one failed: half a judgement is no judgement, and a
sample that would count only when it fails would tilt the rate.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from agent_runtime.documents import Document
from agent_runtime.errors import InvalidInput, Problem
from evals.graders.expression import success
from evals.graders.interface import Grader
from evals.graders.numeric import numeric
from evals.graders.schema import json_schema
from evals.graders.text import contains, exact, regex, shown
from evals.graders.tools import tool_called, tool_not_called
from evals.records import Attempt, Grade, SampleStatus
from evals.suite import EvalCase

_WITH_A_VALUE: Mapping[str, Callable[[Document], Grader]] = {
    "exact": exact,
    "contains": contains,
    "regex": regex,
    "numeric": numeric,
    "tool_called": tool_called,
    "tool_not_called": tool_not_called,
}
_FROM_THE_CASE: Mapping[str, Callable[[EvalCase, Mapping[str, Any] | None], Grader]] = {
    "json_schema": lambda case, contract: json_schema(case.schema if case.schema is not None else contract),
    "success": lambda case, _: success(case.success),
}
_ALIASES = {"string_match": "success"}
"""The article's `json_schema + string match`: the match is what `success` says."""


def graders_for(case: EvalCase, contract: Mapping[str, Any] | None) -> tuple[Grader, ...]:
    """The graders of `case`, in the order written; `success` is among them if the case has it.

    Args:
        contract: the policy's output contract, for `json_schema` without a `schema:` in the case.

    Raises:
        InvalidInput: with every problem of the case's evaluators, its file and its line.
    """
    problems: list[Problem] = []
    graders: list[Grader] = []
    items = list(_items(case))
    for name, value in items:
        try:
            graders.append(_grader(name, value, case, contract))
        except InvalidInput as error:
            problems.extend(_placed(problem, name, case) for problem in error.problems)
    if not items:
        problems.append(_problem(case, "does not say what is right", "add  success: …  or an evaluator"))
    if case.schema is not None and "json_schema" not in {name for name, _ in items}:
        problems.append(
            _problem(case, "has a schema that nothing checks", "add  json_schema  to its evaluator")
        )
    if problems:
        raise InvalidInput(problems)
    return tuple(graders)


def judge(graders: Sequence[Grader], attempt: Attempt) -> tuple[bool | None, tuple[Grade, ...]]:
    """Whether `attempt` passed, and every grader's word; None if that could not be measured.

    Only a completed attempt is graded. An infrastructure error measured nothing; any other end is a fail.
    """
    if attempt.status is SampleStatus.INFRA_ERROR:
        return None, ()
    if attempt.status is not SampleStatus.COMPLETED:
        return False, ()
    grades = tuple(_graded(grader, attempt) for grader in graders)
    if not grades or any(grade.passed is None for grade in grades):
        return None, grades
    return all(grade.passed for grade in grades), grades


def _graded(grader: Grader, attempt: Attempt) -> Grade:
    try:
        return grader.grade(attempt)
    except Exception as error:  # noqa: BLE001 - a grader that breaks is not an agent that failed
        return Grade(grader.name, None, f"grader broke: {type(error).__name__}: {error}")


def _items(case: EvalCase) -> Iterator[tuple[str, Any]]:
    """Each evaluator's plain name and value (None without), `success` last unless it is named."""
    written = case.evaluator
    listed = written if isinstance(written, list) else [] if written is None else [written]
    names: set[str] = set()
    for item in listed:
        for name, value in _named(item):
            names.add(name)
            yield name, value
    if case.success is not None and "success" not in names:
        yield "success", None


def _named(item: str | Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(item, str):
        yield from ((_plain(name), None) for name in item.split("+"))
    else:
        yield from ((_plain(name), value) for name, value in item.items())


def _plain(name: str) -> str:
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower())
    return _ALIASES.get(plain, plain)


def _grader(name: str, value: Any, case: EvalCase, contract: Mapping[str, Any] | None) -> Grader:
    if name in _WITH_A_VALUE:
        return _WITH_A_VALUE[name](Document(case.file, value, {(): case.line} if case.line else {}))
    if name not in _FROM_THE_CASE:
        known = [*_FROM_THE_CASE, *_WITH_A_VALUE]
        close = difflib.get_close_matches(name, known, n=1)
        fix = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(known)}"
        raise InvalidInput.one(name, "is not an evaluator", fix)
    if value is not None:
        what = f"takes no value, but has {shown(value)}"
        raise InvalidInput.one(name, what, f"write  {name}  alone, and {_CASE_KEY[name]} beside it")
    return _FROM_THE_CASE[name](case, contract)


_CASE_KEY = {"json_schema": "schema: {…}", "success": 'success: "…"'}


def _placed(problem: Problem, name: str, case: EvalCase) -> Problem:
    return _problem(case, f"{name}: {problem.what}", problem.fix)


def _problem(case: EvalCase, what: str, fix: str) -> Problem:
    return Problem(case.file, case.line, f"case '{case.case_id}': {what}", fix)
