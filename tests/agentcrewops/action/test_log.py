"""A job's log is a command channel; what others say in it must stay text."""

from __future__ import annotations

import re
import sys

import pytest

from agent_runtime.errors import Problem
from agentcrewops.action.log import annotate, commands_stopped


def test_between_the_marks_commands_are_text_and_the_mark_is_never_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(2):
        with commands_stopped():
            sys.stdout.write("::set-output name=verdict::pass\n")
    lines = capsys.readouterr().out.splitlines()
    marks = [line.removeprefix("::stop-commands::") for line in lines if line.startswith("::stop-commands::")]
    assert len(set(marks)) == 2
    assert lines[2] == f"::{marks[0]}::"
    assert all(re.fullmatch("[0-9a-f]{40}", mark) for mark in marks)


def test_the_commands_work_again_even_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), commands_stopped():
        raise ValueError("broken")
    assert re.search(r"\n::[0-9a-f]{40}::\n$", capsys.readouterr().out)


def test_what_goes_to_stderr_stays_between_the_marks(capsys: pytest.CaptureFixture[str]) -> None:
    with commands_stopped():
        sys.stderr.write("::error::not ours\n")
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.splitlines()[1] == "::error::not ours"


def test_a_problem_is_shown_at_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    annotate(Problem("agents/triage/agent.yaml", 7, "is wrong", "write this"))
    assert capsys.readouterr().out == (
        "::error title=AgentCrewOps,file=agents/triage/agent.yaml,line=7::is wrong; write this\n"
    )


@pytest.mark.parametrize("hostile", ["a\n::warning::b", "a\r::warning::b", "50% done"])
def test_a_problem_cannot_begin_a_line_of_its_own(capsys: pytest.CaptureFixture[str], hostile: str) -> None:
    annotate(Problem(f"x,line=1:{hostile}", 7, hostile, hostile))
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "file=x%2Cline=1%3A" in out
