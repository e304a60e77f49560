"""What a kind of grader is: one record, from which suites, the guide and the suite's JSON Schema take it.

A new kind is a file with such a record, and a line in `evals.graders.KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from agent_runtime.agent.spec import FileModel
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document, parse
from evals.graders.interface import Grader, GraderContext
from evals.graders.quote import quote
from evals.suite.suite import EvalCase

Settings = TypeVar("Settings")
Model = TypeVar("Model", bound=FileModel)


@dataclass(frozen=True, slots=True)
class CaseContext:
    """What a grader may be built from besides its settings.

    Attributes:
        case: the case it will grade.
        suite: what all graders of the suite share.
        build_parts: the graders in a list of evaluators, for a kind that combines them. What is wrong with
            a part is reported with the problems of the case, and that part is left out.
    """

    case: EvalCase
    suite: GraderContext
    build_parts: Callable[[Sequence[Any]], tuple[Grader, ...]]


@dataclass(frozen=True, slots=True)
class GraderKind(Generic[Settings]):
    """One kind of grader: how its settings are read, and which grader they make.

    Attributes:
        name: the key that people write under `evaluator:`.
        read: the settings in the value of that key; raises InvalidInput.
        build: the grader with these settings, for one case; raises InvalidInput.
        checks: what it checks, as one sentence.
        example: how it is written, as one line of YAML.
        aliases: other names for it.
        parts_in: where the evaluators stand in the value, for a kind that combines graders.
    """

    name: str
    read: Callable[[Document], Settings]
    build: Callable[[Settings, CaseContext], Grader]
    checks: str
    example: str
    aliases: tuple[str, ...] = ()
    parts_in: Callable[[Any], Any] | None = None

    def grader(self, document: Document, context: CaseContext) -> Grader:
        """The grader that is written in `document`.

        Raises:
            InvalidInput: for its settings, or for what the case lacks.
        """
        return self.build(self.read(document), context)


def settings_of(model: type[Model]) -> Callable[[Document], Model]:
    """Reads a mapping of keys to values, as `model` describes it."""
    return lambda document: parse(document, model)


def no_settings(name: str, case_key: str) -> Callable[[Document], None]:
    """Reads a kind that is written without a value; what it checks stands in another key of the case.

    Args:
        case_key: that key, as in `schema: {…}`.
    """

    def read(document: Document) -> None:
        if document.data is not None:
            what = f"takes no value, but has {quote(document.data)}"
            raise InvalidInput.one(name, what, f"write  {name}  alone, and {case_key} beside it")

    return read
