"""Grading in a test: a case, the means of its graders, and a verdict without an event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_runtime.files.documents import Document
from agent_runtime.records import Message
from evals.graders import Grader, GraderContext, grade, graders_for
from evals.graders.interface import graded
from evals.graders.kind import CaseContext, GraderKind
from evals.graders.llm_judge.panel import JudgePanel
from evals.results.records import Attempt, GradeResult, ObservedCall, SampleStatus
from evals.suite.suite import EvalCase


def means(contract: Mapping[str, Any] | None = None, root: Path = Path()) -> GraderContext:
    """What graders may use, without a key in the environment."""
    return GraderContext(root, JudgePanel(root, {}, ("email",)), contract)


def built(kind: GraderKind[Any], value: Any, line: int | None = None) -> Grader:
    """A grader of `kind` from what was written after its name, in a suite of one case."""
    document = Document("suite.yaml", value, {} if line is None else {(): line})
    return kind.grader(document, CaseContext(case_of(), means(), lambda parts: ()))


def immediate_grade(grader: Grader, attempt: Attempt) -> GradeResult:
    """The result of a grader that asks nobody."""
    given = grader.grade(attempt)
    assert not isinstance(given, Awaitable)
    return given


def case_of(evaluator: Any = None, success: str | None = None, **more: Any) -> EvalCase:
    """A case at line 9 of suite.yaml."""
    asked = (Message("user", "please refund $15"),)
    where: dict[str, Any] = {"file": "suite.yaml", "line": 9}
    return EvalCase("suite", "refund", asked, evaluator=evaluator, success=success, **where, **more)


def completed(
    output: str = "", calls: Sequence[ObservedCall] | None = (), cost_usd: float | None = None
) -> Attempt:
    """A run that ended well, whatever it said."""
    tool_calls = None if calls is None else tuple(calls)
    return Attempt(SampleStatus.COMPLETED, output=output, tool_calls=tool_calls, cost_usd=cost_usd)


def judged(graders: Sequence[Grader], attempt: Attempt) -> tuple[bool | None, tuple[GradeResult, ...]]:
    """All graders' word."""
    return asyncio.run(grade(graders, attempt))


def grade_of(evaluator: Any, attempt: Attempt, root: Path = Path()) -> GradeResult:
    """The one grade of a case with the one evaluator."""
    means_ = means(root=root)
    [grader] = graders_for(case_of(evaluator), means_)

    async def within() -> GradeResult:
        async with means_.judges:
            return await graded(grader, attempt)

    return asyncio.run(within())


def write_judge(folder: Path, *answers: tuple[str, Any], name: str = "judge.yaml") -> str:
    """A simulated judge: (words in the question, what it answers); returns its model name. The rest is prose."""
    behaviours = [
        {"name": f"b{number}", "when": words, "skill": {"default": 1}, "answer": answer}
        for number, (words, answer) in enumerate(answers)
    ]
    simulation = {
        "name": "judge",
        "prices": {"input_per_mtok": 1, "output_per_mtok": 1},
        "behaviours": behaviours or [{"name": "none", "when": "^$", "skill": {"default": 1}, "answer": "x"}],
        "default": {"answer": "As an AI I would rather not say."},
    }
    (folder / name).write_text(json.dumps({"simulation": simulation}), encoding="utf-8")
    return f"sim:{name}"
