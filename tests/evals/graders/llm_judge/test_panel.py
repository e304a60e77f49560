"""LLM judges: what counts as a vote, how votes become a grade, and what the reader learns of the judge."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.graders import graders_for
from evals.graders.interface import graded
from evals.graders.llm_judge.panel import MAX_INPUT, JudgePanel
from evals.results.records import Grade, GradeResult
from tests.fakes.grading import case_of, completed, grade_of, means, write_judge
from tests.fakes.threaded import agent_endpoint_thread

PASS = {"verdict": "pass", "reason": "polite"}
FAIL = {"verdict": "fail", "reason": "rude"}


def judged(folder: Path, output: str, *answers: tuple[str, Any], **settings: Any) -> GradeResult:
    model = write_judge(folder, *answers)
    written = {"model": model, "rubric": "Is it polite?", **settings}
    return grade_of({"judge": written}, completed(output), folder)


def warnings_of(folder: Path, **settings: Any) -> tuple[str, ...]:
    async def opened() -> tuple[str, ...]:
        given_means = means(root=folder)
        written = {"model": "sim:judge.yaml", "rubric": "Is it polite?", **settings}
        graders_for(case_of({"judge": written}), given_means)
        async with given_means.judges as judges:
            return judges.warnings

    return asyncio.run(opened())


def test_a_unanimous_judge_passes_or_fails_with_its_reason(tmp_path: Path) -> None:
    assert judged(tmp_path, "thank you", ("thank you", PASS)) == Grade("judge", True, "3 pass: polite")
    assert judged(tmp_path, "go away", ("go away", FAIL)) == Grade("judge", False, "3 fail: rude")


def test_a_judge_that_refuses_or_writes_prose_leaves_the_sample_unmeasured(tmp_path: Path) -> None:
    grade = judged(tmp_path, "anything")
    assert grade.passed is None
    assert "no majority (3 void): the judge did not answer in the agreed form: As an AI" in grade.reason


def test_personal_data_is_not_shown_to_a_judge() -> None:
    shown = JudgePanel(Path(), {}, ["email"]).judge_input("mail bob@example.com", "sent to bob@example.com")
    assert (shown.asked, shown.answer) == ("mail [EMAIL_1]", "sent to [EMAIL_1]")


def test_what_is_too_long_to_judge_whole_is_not_judged(tmp_path: Path) -> None:
    grade = judged(tmp_path, "thank you" + "x" * MAX_INPUT, ("thank you", PASS))
    assert (grade.passed, "are not judged" in grade.reason) == (None, True)


def test_a_budget_that_is_used_up_makes_votes_void_not_passes(tmp_path: Path) -> None:
    grade = judged(tmp_path, "thank you", ("thank you", PASS), max_usd=0.000001)
    assert grade.passed is None
    assert "the judge budget of $0.000001 does not cover the next call" in grade.reason


def test_agreement_with_labels_is_told_with_its_uncertainty(tmp_path: Path) -> None:
    write_judge(tmp_path, ("thank you", PASS), ("go away", FAIL))
    lines = [{"output": "thank you", "passed": True}] * 9 + [{"output": "go away", "passed": False}] * 9
    lines += [{"output": "thank you, go away", "passed": False}, {"output": "mumble", "passed": True}]
    (tmp_path / "labelled.jsonl").write_text("\n".join(map(json.dumps, lines)))
    [warning] = warnings_of(tmp_path, examples="labelled.jsonl")
    assert warning.startswith("The judge `sim:judge.yaml` (simulated) agrees with 18 of 20 labels, 90 % ")
    assert "(95 % interval 70–97 %)" in warning


def test_a_judge_no_better_than_a_coin_is_called_so(tmp_path: Path) -> None:
    write_judge(tmp_path, ("thank you", PASS))
    (tmp_path / "labelled.jsonl").write_text('{"output": "thank you", "passed": false}\n')
    assert "not shown to be better than a coin" in warnings_of(tmp_path, examples="labelled.jsonl")[0]


def test_a_judge_without_labels_says_so(tmp_path: Path) -> None:
    write_judge(tmp_path, ("thank you", PASS))
    assert "nobody knows how often it is right" in warnings_of(tmp_path)[0]


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ({"model": "sim:judge.yaml"}, "'rubric' is missing"),
        ({"model": "gpt-4", "rubric": "x"}, "'model'"),
        ({"model": "sim:absent.yaml", "rubric": "x"}, "does not exist"),
        ({"model": "sim:../judge.yaml", "rubric": "x"}, "leads out of the project folder"),
        ({"model": "acme:one", "rubric": "x"}, "no price is known for 'acme:one'"),
        ({"model": "sim:judge.yaml", "rubric": "x", "votes": 0}, "votes"),
        ({"model": "sim:judge.yaml", "rubric": "x", "examples": "none.jsonl"}, "does not exist"),
        ({"model": "sim:judge.yaml", "rubric": "x", "examples": "empty.jsonl"}, "has no examples"),
        (
            {"model": "sim:judge.yaml", "rubric": "x", "examples": "bad.jsonl"},
            "bad.jsonl:1 'passed' is missing",
        ),
    ],
)
def test_a_judge_that_could_not_work_is_refused_with_line_and_reason(
    tmp_path: Path, written: Any, what: str
) -> None:
    write_judge(tmp_path)
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "bad.jsonl").write_text('{"output": "x"}\n')
    with pytest.raises(InvalidInput) as caught:
        graders_for(case_of({"judge": written}), means(root=tmp_path))
    assert what in str(caught.value)
    assert caught.value.problems[0].line == 9


def test_a_missing_key_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="OPENAI_API_KEY is not set"):
        grade_of({"judge": {"model": "openai:gpt-4.1-mini", "rubric": "x"}}, completed("x"), tmp_path)


def completion(text: str) -> dict[str, Any]:
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage}


@pytest.mark.parametrize(
    ("said", "passed"),
    [(json.dumps(PASS), True), (json.dumps(FAIL), False), ("I cannot help with that.", None)],
)
def test_a_judge_behind_an_endpoint_of_its_own_is_asked_and_paid(
    tmp_path: Path, said: str, passed: bool | None
) -> None:
    with agent_endpoint_thread(completion(said)) as url:
        written = {
            "model": "local:judge",
            "rubric": "Is it polite?",
            "base_url": f"{url.removesuffix('/run')}/v1",
            "price": {"input_per_mtok": 1, "output_per_mtok": 1},
        }
        given_means = means(root=tmp_path)
        [grader] = graders_for(case_of({"judge": written}), given_means)

        async def asked() -> GradeResult:
            async with given_means.judges:
                return await graded(grader, completed("thank you"))

        grade = asyncio.run(asked())
    assert grade.passed is passed
    assert "it spent $0.0003 of $1.00" in given_means.judges.warnings[0]
