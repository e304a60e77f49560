"""The grader that asks a model: the votes of an LLM judge on what was asked, done and answered."""

from __future__ import annotations

from dataclasses import dataclass

from agent_runtime.files.documents import Document, canonical_json
from evals.graders.interface import GraderContext
from evals.graders.llm_judge.panel import Judge, JudgePanel
from evals.results.records import Attempt, Grade, NoMajority
from evals.suite.suite import EvalCase


@dataclass(frozen=True, slots=True)
class LlmJudge:
    """More than half of the judge's votes find that the run meets the rubric."""

    judge: Judge
    judges_panel: JudgePanel
    asked: str
    name = "judge"

    async def grade(self, attempt: Attempt) -> Grade | NoMajority:
        """Pass or fail with the split of the votes; there may be no majority of all of them."""
        exhibit = self.judges_panel.exhibit(self.asked, attempt.output or "", _actions(attempt))
        ballot = await self.judge.judge(exhibit)
        if ballot.passed is None:
            return NoMajority(self.name, ballot.reason)
        return Grade(self.name, ballot.passed, ballot.reason)


def judge(document: Document, case: EvalCase, means: GraderContext) -> LlmJudge:
    """From `judge: { model: "openai:gpt-4.1-mini", rubric: "…", votes: 3 }`.

    Raises:
        InvalidInput
    """
    return LlmJudge(means.judges_panel.judge_of(document), means.judges_panel, case.input_text)


def _actions(attempt: Attempt) -> str:
    if attempt.tool_calls is None:
        return ""
    return canonical_json(
        [
            {"tool": call.name, "arguments": call.arguments, "executed": call.executed}
            for call in attempt.tool_calls
        ]
    )
