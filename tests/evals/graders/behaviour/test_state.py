from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.graders import graders_for
from evals.results.records import Grade, GradeResult, ObservedCall
from evals.suite.suite import load_suite
from tests.fakes.grading import case_of, completed, grade_of, means

CHECKS = """
import asyncio

def booked(run):
    paid = sum(call["arguments"]["usd"] for call in run["tool_calls"])
    return paid == run["json"]["amount"], f"booked {paid}"

async def awaited(run):
    await asyncio.sleep(0)
    return run["case_id"] == "refund" and "$15" in run["input"]

def breaks(run): raise KeyError("no database")
def vague(run): return "yes"
def none(run): return None
def greedy(run, database): return True
def leaves(run): raise SystemExit(1)
"""
REFUND = ObservedCall("billing.refund", {"usd": 15})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "checks.py").write_text(CHECKS)
    return tmp_path


def graded(root: Path, name: str, output: str = '{"amount": 15}') -> GradeResult:
    return grade_of({"state": f"checks.py:{name}"}, completed(output, [REFUND]), root)


def test_the_function_sees_the_run_and_says_pass_or_fail_with_a_reason(root: Path) -> None:
    assert graded(root, "booked") == Grade("state", True, "booked 15")
    assert graded(root, "booked", '{"amount": 16}') == Grade("state", False, "booked 15")


def test_an_async_function_is_awaited(root: Path) -> None:
    assert graded(root, "awaited").passed is True


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("breaks", "grader broke: KeyError: 'no database'"),
        ("vague", 'grader broke: TypeError: checks.py:vague returned "yes"'),
        ("none", "grader broke: TypeError: checks.py:none returned null"),
    ],
)
def test_a_check_that_raises_or_answers_neither_yes_nor_no_broke(root: Path, name: str, reason: str) -> None:
    grade = graded(root, name)
    assert grade.passed is None
    assert grade.reason.startswith(reason)


def test_a_check_that_leaves_the_process_only_broke(root: Path) -> None:
    assert graded(root, "leaves").passed is None


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ("checks.py", "does not name a function"),
        ("checks.py:bookd", "has no function 'bookd'"),
        ("absent.py:booked", "absent.py cannot be read for a state check"),
        ("../checks.py:booked", "leads out of the project folder"),
        ("checks.py:greedy", "must take one argument"),
        (5, "does not name a function"),
    ],
)
def test_a_check_that_cannot_be_called_is_refused_before_anything_runs(
    root: Path, reference: object, what: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        graders_for(case_of({"state": reference}), means(root=root))
    assert what in str(caught.value)
    assert caught.value.problems[0].line == 9


def test_a_changed_check_makes_it_another_case(root: Path) -> None:
    suite = root / "suite.yaml"
    suite.write_text(
        'suite: s\ncases: [{case_id: a, input: x, evaluator: {any: [{state: "checks.py:none"}]}}]\n'
    )
    [before] = load_suite(suite).cases
    (root / "checks.py").write_text(CHECKS + "# stricter\n")
    [after] = load_suite(suite).cases
    assert before.case_hash != after.case_hash
