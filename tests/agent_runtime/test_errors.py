"""Errors say what, where, and what to do next."""

from __future__ import annotations

from agent_runtime.errors import CannotMeasure, CrewError, InvalidInput, MissingExtra, Problem, UnknownPrice


def test_a_problem_names_its_file_line_and_repair() -> None:
    problem = Problem("agent.yaml", 3, "unknown key 'modle'", "did you mean 'model'?")
    assert str(problem) == "agent.yaml:3: unknown key 'modle'\n    fix: did you mean 'model'?"


def test_a_problem_without_line_or_repair_leaves_them_out() -> None:
    assert str(Problem("agent.yaml", None, "is empty")) == "agent.yaml: is empty"


def test_all_problems_of_a_file_are_told_at_once() -> None:
    error = InvalidInput(Problem("a.yaml", line, "is wrong") for line in (1, 2))
    assert str(error) == "a.yaml:1: is wrong\na.yaml:2: is wrong"
    assert len(error.problems) == 2


def test_exit_codes_tell_bad_input_from_what_could_not_be_measured() -> None:
    codes = [
        error.exit_code for error in (CrewError, InvalidInput, MissingExtra, UnknownPrice, CannotMeasure)
    ]
    assert codes == [1, 2, 2, 2, 3]


def test_a_missing_extra_is_named_with_the_command_that_adds_it() -> None:
    assert "uv tool install 'agentcrewops[litellm]'" in str(MissingExtra("model 'x:y'", "litellm"))


def test_an_unknown_price_says_where_to_write_it() -> None:
    message = str(UnknownPrice("my:model"))
    assert message.startswith("policy.yaml: ")
    assert 'prices: { "my:model":' in message
