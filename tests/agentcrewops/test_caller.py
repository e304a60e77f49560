"""The command line as the caller of an evaluation."""

from __future__ import annotations

import io

import pytest

from agent_runtime.progress import SILENCE, Lines
from agentcrewops.caller import command_line
from evals.sampling.caller import StopSignals


def test_who_is_quiet_hears_nothing_and_still_ends_the_runs() -> None:
    caller = command_line(quiet=True)
    assert caller.progress is SILENCE
    assert isinstance(caller.cancellation, StopSignals)


def test_where_stderr_is_no_terminal_progress_is_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert isinstance(command_line().progress, Lines)
