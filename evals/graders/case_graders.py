"""The graders of a case: from what a person wrote under `evaluator:` and `success:`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import Document
from agent_runtime.files.suggestion import did_you_mean
from evals.graders.combined import AllOf, Combined
from evals.graders.interface import Grader, GraderContext
from evals.graders.kind import CaseContext, GraderKind
from evals.graders.quote import quote
from evals.suite.suite import EvalCase

Kinds = Sequence[GraderKind[Any]]
Item = tuple[str, Any]
"""An evaluator's plain name and its value, None without one."""


def graders_of(
    cases: Sequence[EvalCase], context: GraderContext, kinds: Kinds
) -> dict[str, tuple[Grader, ...]]:
    """The graders of every case, by its id.

    Raises:
        InvalidInput: with every problem of every case.
    """
    graders = {}
    problems: list[Problem] = []
    for case in cases:
        try:
            graders[case.case_id] = graders_for(case, context, kinds)
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return graders


def graders_for(case: EvalCase, context: GraderContext, kinds: Kinds) -> tuple[Grader, ...]:
    """The graders of `case`, in the order written; `success` is among them if the case has it.

    Raises:
        InvalidInput: with every problem of the case's evaluators, its file and its line.
    """
    reader = _EvaluatorReader(case, context, kinds)
    items = [item for part in _as_list(case.evaluator) for item in reader.items(part)]
    names = {name for item in items for name in reader.names(*item)}
    if case.success is not None and "success" not in names:
        items.append(("success", None))
    graders = tuple(grader for item in items if (grader := reader.grader(*item)) is not None)
    if not items:
        reader.report("does not say what is right", "add  success: …  or an evaluator")
    if case.schema is not None and "json_schema" not in names:
        reader.report("has a schema that nothing checks", "add  json_schema  to its evaluator")
    if reader.problems:
        raise InvalidInput(reader.problems)
    return graders


class _EvaluatorReader:
    """Reads the evaluators of one case, and collects what is wrong with them."""

    def __init__(self, case: EvalCase, context: GraderContext, kinds: Kinds) -> None:
        self.problems: list[Problem] = []
        self._case = case
        self._context = CaseContext(case, context, self._parts)
        self._kinds = {kind.name: kind for kind in kinds}
        self._aliases = {alias: kind.name for kind in kinds for alias in kind.aliases}

    def grader(self, name: str, value: Any) -> Grader | None:
        """The grader of one evaluator; None if something is wrong with it, which is reported."""
        document = Document(self._case.file, value, {(): self._case.line} if self._case.line else {})
        try:
            return self._kind(name).grader(document, self._context)
        except InvalidInput as error:
            for problem in error.problems:
                self.report(f"{name}: {_other_place(problem, self._case)}{problem.what}", problem.fix)
        return None

    def report(self, what: str, fix: str) -> None:
        """Add a problem of the case."""
        what = f"case '{self._case.case_id}': {what}"
        self.problems.append(Problem(self._case.file, self._case.line, what, fix))

    def items(self, written: str | Mapping[str, Any]) -> Iterator[Item]:
        """The evaluators in `json_schema + string match`, or in a mapping."""
        if isinstance(written, str):
            yield from ((self._plain(name), None) for name in written.split("+"))
        else:
            yield from ((self._plain(name), value) for name, value in written.items())

    def names(self, name: str, value: Any) -> Iterator[str]:
        """The evaluator's name, and those of its parts at any depth."""
        yield name
        kind = self._kinds.get(name)
        if kind is None or kind.parts_in is None:
            return
        for part in _as_list(kind.parts_in(value)):
            if isinstance(part, str | dict):
                for inner in self.items(part):
                    yield from self.names(*inner)

    def _kind(self, name: str) -> GraderKind[Any]:
        if name not in self._kinds:
            fix = did_you_mean(name, self._kinds, f"there are {', '.join(self._kinds)}")
            raise InvalidInput.one(name, "is not an evaluator", fix)
        return self._kinds[name]

    def _parts(self, written: Sequence[Any]) -> tuple[Grader, ...]:
        parts = [self._part(part) for part in written]
        return tuple(part for part in parts if part is not None)

    def _part(self, written: Any) -> Grader | None:
        """One grader, whatever it is made of: of a part with several evaluators, all must pass."""
        if not isinstance(written, str | dict) or not written:
            raise InvalidInput.one(
                "part", f"{quote(written)} is not an evaluator", 'write e.g.  { contains: "…" }'
            )
        graders = [self.grader(*item) for item in self.items(written)]
        usable = tuple(grader for grader in graders if grader is not None)
        return usable[0] if len(graders) == len(usable) == 1 else Combined(AllOf(), usable)

    def _plain(self, name: str) -> str:
        """The name of a kind, however it is spelled: `JSON Schema` is `json_schema`."""
        plain = re.sub(r"[\s_-]+", "_", name.strip().lower())
        return self._aliases.get(plain, plain)


def _as_list(written: Any) -> list[Any]:
    return written if isinstance(written, list) else [] if written is None else [written]


def _other_place(problem: Problem, case: EvalCase) -> str:
    """Where the problem is, if that is another file than the case's."""
    if problem.file == case.file or not Path(problem.file).suffix:
        return ""
    return f"{problem.file}:{problem.line} " if problem.line else f"{problem.file} "
