"""What reaches an agent is known before it is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.targets.declared_inputs import declared_inputs
from tests.fakes.suites import asked, suite_of

FUNCTION = """
def answer(question, stubs, messages=()):
    return {"output": stubs["kb.search"]}
"""


def test_a_request_is_told_what_its_template_asks_for(tmp_path: Path) -> None:
    body = {"q": "{{ input }}", "tools": "{{ stubs }}"}
    suite = suite_of(tmp_path, {"http": {"url": "http://127.0.0.1:1/run", "body": body}})
    assert declared_inputs(suite) == {"input", "stubs"}


def test_a_function_is_told_what_it_has_parameters_for(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(FUNCTION)
    suite = suite_of(tmp_path, {"python": {"function": "agent.py:answer"}})
    assert declared_inputs(suite) == {"stubs", "messages"}


@pytest.mark.parametrize("text", ["from elsewhere import answer", "def answer(question): ...", "def ("])
def test_a_function_that_cannot_be_read_or_names_nothing_takes_the_input(tmp_path: Path, text: str) -> None:
    (tmp_path / "agent.py").write_text(text)
    suite = suite_of(tmp_path, {"python": {"function": "agent.py:answer"}})
    assert declared_inputs(suite) == {"input"}


def test_a_program_is_handed_stubs_but_nothing_says_that_it_uses_them(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, {"command": {"run": "true"}})
    assert "stubs" not in declared_inputs(suite)
    assert "messages" in declared_inputs(suite)


def test_what_tools_return_in_a_case_reaches_a_function(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(FUNCTION)
    case = {
        "case_id": "a",
        "input": "hi",
        "success": "contains('x')",
        "stubs": {"kb.search": "from the case"},
    }
    [attempt] = asked(suite_of(tmp_path, {"python": {"function": "agent.py:answer"}}, [case]))
    assert attempt.output == "from the case"


def test_what_tools_return_in_a_case_reaches_a_program(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(
        "import json, sys\nprint(json.dumps({'output': json.load(sys.stdin)['stubs']['kb.search']}))"
    )
    case = {
        "case_id": "a",
        "input": "hi",
        "success": "contains('x')",
        "stubs": {"kb.search": "from the case"},
    }
    [attempt] = asked(suite_of(tmp_path, {"command": {"run": "python agent.py"}}, [case]))
    assert attempt.output == "from the case"
