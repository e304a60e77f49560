"""What a suite may hold, and what is told about one that cannot run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from agent_runtime.records import Message
from evals.suite.suite import Suite, load_suite

ARTICLE = {
    "case_id": "refund_15_small",
    "input": "please refund $15 for order #123",
    "evaluator": "json_schema + string match",
    "success": "amount==15 and contains('refund processed')",
}


def load(folder: Path, text: str) -> Suite:
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    return load_suite(folder / "suite.yaml")


def problems(folder: Path, text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        load(folder, text)
    return str(caught.value)


def with_case(case: str) -> str:
    return f"suite: s\ncases:\n  - {case}\n"


def test_a_suite_needs_a_name_and_cases_the_rest_has_defaults(tmp_path: Path) -> None:
    suite = load(tmp_path, with_case("{ case_id: a, input: hi, success: \"contains('hi')\" }"))
    assert (suite.samples, suite.concurrency, suite.gate.margin) == (10, 50, 0.10)
    assert suite.target.runtime is not None


def test_cases_may_stand_in_a_jsonl_file_as_the_article_writes_them(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text(json.dumps(ARTICLE) + "\n")
    case = load(tmp_path, "suite: s\ncases: cases.jsonl\n").cases[0]
    assert (case.case_id, case.success) == (ARTICLE["case_id"], ARTICLE["success"])
    assert case.messages == (Message("user", ARTICLE["input"]),)


def test_an_input_may_be_a_conversation(tmp_path: Path) -> None:
    said = '[{ role: user, content: hi }, { role: assistant, content: yes? }, { role: user, content: "15" }]'
    case = load(tmp_path, with_case(f"{{ case_id: a, input: {said}, success: output }}")).cases[0]
    assert [message.role for message in case.messages] == ["user", "assistant", "user"]


def test_turns_are_said_one_after_another(tmp_path: Path) -> None:
    case = load(tmp_path, with_case("{ case_id: a, turns: [hello, order 7], success: output }")).cases[0]
    assert (case.messages, case.turns) == ((Message("user", "hello"),), ("order 7",))


def test_an_empty_suite_is_refused(tmp_path: Path) -> None:
    assert "the suite has no cases" in problems(tmp_path, "suite: s\ncases: []\n")


def test_an_empty_file_is_refused_with_what_it_should_begin_with(tmp_path: Path) -> None:
    assert "suite.yaml: is empty" in problems(tmp_path, "")


def test_a_case_id_used_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    text = "suite: s\ncases:\n  - { case_id: a, input: x, success: a }\n  - { case_id: a, input: y, success: a }\n"
    assert "suite.yaml:4: case_id 'a' is already used on line 3" in problems(tmp_path, text)


def test_cases_outside_the_project_are_not_read(tmp_path: Path) -> None:
    assert "leads out of the project folder" in problems(tmp_path, "suite: s\ncases: ../cases.jsonl\n")


def test_every_bad_line_of_the_cases_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text(
        '{"case_id": "a"}\n{"case_id": "b", "inptu": "x", "success": "a"}\n'
    )
    text = problems(tmp_path, "suite: s\ncases: cases.jsonl\n")
    assert "cases.jsonl:1: " in text
    assert "cases.jsonl:2: unknown key 'inptu'" in text
    assert "did you mean 'input'?" in text


def case_hash(folder: Path, case: str) -> str:
    return load(folder, with_case(case)).cases[0].case_hash


def test_a_case_stays_comparable_until_its_input_or_its_judging_changes(tmp_path: Path) -> None:
    same = case_hash(tmp_path, "{ case_id: a, input: x, success: ok }")
    assert case_hash(tmp_path, "{ case_id: b, input: x, success: ok, tags: [t], must_pass: true }") == same
    assert case_hash(tmp_path, "{ case_id: a, input: y, success: ok }") != same
    assert case_hash(tmp_path, "{ case_id: a, input: x, success: good }") != same
