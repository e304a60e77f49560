"""The grader that asks a model: an LLM judge votes on what was asked, done and answered."""

from __future__ import annotations

from dataclasses import dataclass

from agent_runtime.files.documents import Document, canonical_json
from evals.graders.kind import CaseContext, GraderKind
from evals.graders.llm_judge.panel import Judge, JudgePanel
from evals.results.records import Attempt, Grade, NoMajority


@dataclass(frozen=True, slots=True)
class LlmJudge:
    """More than half of the votes of an LLM judge find that the run meets the rubric."""

    judge: Judge
    panel: JudgePanel
    asked: str
    name = "judge"

    async def grade(self, attempt: Attempt) -> Grade | NoMajority:
        """Pass or fail with the split of the votes, if there is a majority of all of them."""
        shown = self.panel.judge_input(self.asked, attempt.output or "", _actions(attempt))
        ballot = await self.judge.judge(shown)
        if ballot.passed is None:
            return NoMajority(self.name, ballot.reason)
        return Grade(self.name, ballot.passed, ballot.reason)


def _actions(attempt: Attempt) -> str:
    if attempt.tool_calls is None:
        return ""
    return canonical_json(
        [
            {"tool": call.name, "arguments": call.arguments, "executed": call.executed}
            for call in attempt.tool_calls
        ]
    )


def _judge(document: Document, context: CaseContext) -> LlmJudge:
    panel = context.suite.judges
    return LlmJudge(panel.judge_of(document), panel, context.case.input_text)


JUDGE = GraderKind(
    name="judge",
    # The panel reads the settings itself: equal ones are the same judge.
    read=lambda document: document,
    build=_judge,
    checks="A model finds, by a majority of its votes, that the answer meets a rubric.",
    example='judge: { model: "openai:gpt-4.1-mini", rubric: "Polite.", votes: 3 }',
)
