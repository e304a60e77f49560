"""What may stand in a suite.yaml, and what is said of what may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document, parse
from evals.suite.suite import load_suite
from evals.suite.suite_file import CaseSpec, SuiteFile, TargetSpec
from tests.fakes.suites import suite_of

CASE = {"case_id": "a", "input": "hi", "success": "contains('x')"}


def read(**written: Any) -> SuiteFile:
    return parse(Document("suite.yaml", {"suite": "s", "cases": [CASE], **written}, {}), SuiteFile)


def refusal(**written: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(**written)
    return str(caught.value)


def problems(folder: Path, text: str) -> str:
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_suite(folder / "suite.yaml")
    return str(caught.value)


def with_case(case: str) -> str:
    return f"suite: s\ncases:\n  - {case}\n"


def test_a_case_that_does_not_say_what_is_right_is_refused(tmp_path: Path) -> None:
    assert "does not say what is right" in problems(tmp_path, with_case("{ case_id: a, input: x }"))


def test_a_case_with_input_and_turns_is_refused(tmp_path: Path) -> None:
    text = with_case("{ case_id: a, input: x, turns: [y], success: a }")
    assert "needs either input or turns" in problems(tmp_path, text)


def test_two_targets_are_one_too_many(tmp_path: Path) -> None:
    target = "target: { runtime: {}, http: { url: 'http://127.0.0.1/' } }\n"
    assert "needs exactly one kind" in problems(
        tmp_path, target + with_case("{ case_id: a, input: x, success: a }")
    )


def test_a_conversation_ends_with_the_user(tmp_path: Path) -> None:
    said = "[{ role: user, content: hi }, { role: assistant, content: sure }]"
    text = with_case(f"{{ case_id: a, input: {said}, success: a }}")
    assert "must end with a user message" in problems(tmp_path, text)


def test_a_target_that_is_only_a_key_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="needs exactly one kind"):
        suite_of(tmp_path, {"http": None})


@pytest.mark.parametrize(
    ("target", "kind", "words"),
    [
        ({"runtime": {}}, "runtime", "an agent of our own runtime"),
        ({"http": {"url": "https://a.example/run"}}, "http", "an HTTP endpoint"),
        ({"python": {"function": "a.py:f"}}, "python", "a Python function"),
        ({"command": {"run": "cat"}}, "command", "a command"),
        ({"recorded": {"file": "samples.jsonl"}}, "recorded", "a recording"),
    ],
)
def test_a_target_is_of_the_kind_whose_key_is_written(target: Any, kind: str, words: str) -> None:
    spec = TargetSpec.model_validate(target)
    assert (spec.kind, spec.description) == (kind, words)


@pytest.mark.parametrize("key", ["interpreter", "processes", "ready_seconds"])
def test_a_setting_of_processes_needs_a_function_that_runs_in_its_own(key: str) -> None:
    value: Any = ".venv/bin/python" if key == "interpreter" else 2
    python = {"function": "a.py:f", key: value}
    assert f"{key} needs processes of the agent's own" in refusal(target={"python": python})
    assert read(target={"python": {**python, "isolate": True}}).target.python is not None


@pytest.mark.parametrize("fixture", [{}, {"command": "true", "python": "a.py:f"}])
def test_what_is_run_around_a_sample_is_a_command_or_a_function(fixture: dict[str, str]) -> None:
    assert "needs either command or python" in refusal(before=fixture)


def test_a_case_id_may_be_written_as_a_number_but_not_as_true() -> None:
    assert CaseSpec.model_validate({**CASE, "case_id": 7}).case_id == "7"
    assert "case_id" in refusal(cases=[{**CASE, "case_id": True}])


def test_an_error_in_a_list_is_told_for_the_list_alone() -> None:
    text = refusal(cases=[{**CASE, "input": [{"role": "usr", "content": "hi"}]}])
    assert "role" in text
    assert text.count("fix:") == 1


@pytest.mark.parametrize("name", ["../up", "", ".hidden", "a b", "x" * 101])
def test_a_name_that_could_not_be_part_of_a_file_name_is_refused(name: str) -> None:
    assert "suite" in refusal(suite=name)


@pytest.mark.parametrize("url", ["ftp://a.example", "a.example/run", "https://a.example/a b", "https://"])
def test_what_is_no_web_address_is_no_endpoint(url: str) -> None:
    assert "url" in refusal(target={"http": {"url": url}})


def test_an_address_may_hold_what_a_case_fills_in() -> None:
    url = "https://a.example/{{ case_id }}/run"
    endpoint = read(target={"http": {"url": url}}).target.http
    assert endpoint is not None
    assert endpoint.url == url


@pytest.mark.parametrize("gate", [{"margin": 10}, {"margin": 0}, {"min_success_rate": 90}, {"max_usd": 0}])
def test_a_rate_is_a_fraction_and_a_cap_is_money(gate: dict[str, float]) -> None:
    assert next(iter(gate)) in refusal(gate=gate)
