"""suite.yaml: the cases, how often they run, the target they run against, and how they are graded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_runtime.agent.manifest import resolve_inside
from agent_runtime.agent.spec import ToolSpec
from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import Document, canonical_json, parse, read_jsonl, read_yaml
from agent_runtime.records import Message
from evals.suite.suite_file import (
    CaseSpec,
    Evaluator,
    Fixture,
    GateSettings,
    Limits,
    SuiteFile,
    TargetSpec,
)


@dataclass(frozen=True, slots=True)
class EvalCase:
    """One case, ready to run.

    Attributes:
        messages: the conversation to start with; ends with a user message.
        turns: further scripted user messages.
        case_hash: hash of input, graders (their Python files too) and success; results of a case
            compare only if it is equal.
        file, line: where it was written, for errors that come later.
    """

    suite: str
    case_id: str
    messages: tuple[Message, ...]
    turns: tuple[str, ...] = ()
    evaluator: Evaluator | None = None
    success: str | None = None
    schema: Mapping[str, Any] | None = None
    approvals: Mapping[str, str] = field(default_factory=dict)
    stubs: Mapping[str, Any] = field(default_factory=dict)
    before: Fixture | None = None
    after: Fixture | None = None
    must_pass: bool = False
    tags: tuple[str, ...] = ()
    case_hash: str = ""
    file: str = ""
    line: int | None = None

    @property
    def input_text(self) -> str:
        """What the case asks, as one text."""
        user_texts = [message.content for message in self.messages if message.role == "user"]
        return "\n".join((*user_texts, *self.turns))


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite, ready to run. `document` has the line numbers, for errors that are found later."""

    name: str
    target: TargetSpec
    cases: tuple[EvalCase, ...]
    samples: int
    concurrency: int
    gate: GateSettings
    root: Path
    document: Document
    looks: tuple[int, ...] | None = None
    limits: Limits = field(default_factory=Limits)
    before: Fixture | None = None
    after: Fixture | None = None
    baseline_target: TargetSpec | None = None
    tools: tuple[ToolSpec, ...] = ()

    def baseline_of(self, name: str) -> Path:
        """The usual file for the baseline of a suite of that name, in the folder of this suite."""
        return self.root / "baselines" / f"{name}.json"


def load_suite(path: Path) -> Suite:
    """Read suite.yaml, and its cases if they are in a .jsonl file beside it.

    Raises:
        InvalidInput: with every problem of the suite.
    """
    document = read_yaml(path)
    if isinstance(document.data, dict) and document.data.get("cases") == []:
        raise InvalidInput([document.problem(("cases",), "the suite has no cases", "add at least one")])
    spec = parse(document, SuiteFile)
    cases = _cases_of(spec, document, path.parent)
    _refuse_duplicates(cases)
    _refuse_unknown_tags(spec.gate, cases, document)
    return Suite(
        name=spec.suite,
        target=spec.target,
        cases=cases,
        samples=spec.samples,
        concurrency=spec.concurrency,
        gate=spec.gate,
        root=path.parent,
        document=document,
        looks=tuple(spec.looks) if spec.looks is not None else None,
        limits=spec.limits,
        before=spec.before,
        after=spec.after,
        baseline_target=spec.baseline_target,
        tools=tuple(spec.tools),
    )


def _cases_of(spec: SuiteFile, document: Document, root: Path) -> tuple[EvalCase, ...]:
    if isinstance(spec.cases, list):
        return tuple(
            _case(spec.suite, case, document.file, document.line_of(("cases", index)), root)
            for index, case in enumerate(spec.cases)
        )
    try:
        lines = read_jsonl(resolve_inside(root, spec.cases))
    except ValueError as error:
        raise InvalidInput([document.problem(("cases",), str(error), "keep it beside the suite")]) from None
    if not lines:
        raise InvalidInput([document.problem(("cases",), f"'{spec.cases}' has no cases", "add at least one")])
    cases: list[EvalCase] = []
    problems: list[Problem] = []
    for line in lines:
        try:
            cases.append(_case(spec.suite, parse(line, CaseSpec), line.file, line.line_of(()), root))
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return tuple(cases)


def _case(suite: str, spec: CaseSpec, file: str, line: int | None, root: Path) -> EvalCase:
    first, *later = spec.turns if spec.turns is not None else [spec.input]
    messages = (
        (Message("user", first),)
        if isinstance(first, str)
        else tuple(Message(part.role, part.content) for part in first or ())
    )
    hashed = spec.model_dump(
        mode="json", by_alias=True, include={"input", "turns", "evaluator", "success", "schema_"}
    )
    if checks := {name: _digest(root, name) for name in _check_files(spec.evaluator)}:
        hashed["checks"] = checks
    return EvalCase(
        suite=suite,
        case_id=spec.case_id,
        messages=messages,
        turns=tuple(turn for turn in later if isinstance(turn, str)),
        evaluator=spec.evaluator,
        success=spec.success,
        schema=spec.schema_,
        approvals=spec.approvals,
        stubs=spec.stubs,
        before=spec.before,
        after=spec.after,
        must_pass=spec.must_pass,
        tags=tuple(spec.tags),
        case_hash=hashlib.sha256(canonical_json(hashed).encode()).hexdigest()[:16],
        file=file,
        line=line,
    )


def _check_files(evaluator: Any) -> Iterator[str]:
    """The Python files of `state` graders, at any depth: a case whose check changed is another case."""
    if isinstance(evaluator, list):
        for part in evaluator:
            yield from _check_files(part)
    elif isinstance(evaluator, Mapping):
        for name, value in evaluator.items():
            if name == "state" and isinstance(value, str):
                yield value.partition(":")[0]
            else:
                yield from _check_files(value)


def _digest(root: Path, name: str) -> str | None:
    """SHA-256 of a file beside the suite; None if it cannot be read, which its grader will say."""
    try:
        return hashlib.sha256(resolve_inside(root, name).read_bytes()).hexdigest()
    except (OSError, ValueError):
        return None


def _refuse_duplicates(cases: tuple[EvalCase, ...]) -> None:
    first: dict[str, EvalCase] = {}
    problems = []
    for case in cases:
        earlier = first.setdefault(case.case_id, case)
        if earlier is not case:
            what = f"case_id '{case.case_id}' is already used on line {earlier.line}"
            problems.append(Problem(case.file, case.line, what, "give it another id"))
    if problems:
        raise InvalidInput(problems)


def _refuse_unknown_tags(gate: GateSettings, cases: tuple[EvalCase, ...], document: Document) -> None:
    """A gate on a tag that no case has could never fail."""
    known = {tag for case in cases for tag in case.tags}
    problems = [
        document.problem(("gate", "tags"), f"no case has the tag '{tag}'", "name a tag that cases have")
        for tag in gate.tags
        if tag not in known
    ]
    if problems:
        raise InvalidInput(problems)
