"""One real run: its seed, its cancellation, and the person at the terminal."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.agent.manifest import Recording, RecordingMode
from agent_runtime.engine.steps.context import ApprovalRequest
from agent_runtime.progress import Advance, Announcement, Events
from agentcrewops.runs.single_run import SingleRun, ask_at_terminal, run_single
from evals.sampling.caller import NOBODY, Caller, CancelSwitch

ASK = "cancel my coffee subscription"
REQUEST = ApprovalRequest("run-1", 1, "billing.refund", {"amount": 15}, '{"amount": 15}', reason="it pays")


def ran(wanted: SingleRun, caller: Caller = NOBODY) -> bool:
    return asyncio.run(run_single(wanted, {}, caller, as_json=True))


def test_a_run_is_made_on_the_loop_of_its_caller(starter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def two() -> list[bool]:
        wanted = SingleRun(ASK, starter / "agent.yaml", seed=1)
        return await asyncio.gather(*(run_single(wanted, {}, as_json=True) for _ in range(2)))

    assert asyncio.run(two()) == [True, True]
    one, other = map(json.loads, capsys.readouterr().out.splitlines())
    assert one["output"] == other["output"]
    assert one["run_id"] != other["run_id"]


def test_each_step_is_announced_to_the_caller(starter: Path) -> None:
    events: list[Announcement | Advance] = []
    assert ran(SingleRun(ASK, starter / "agent.yaml", seed=1), Caller(Events(events.append)))
    lines = [event.text for event in events if isinstance(event, Announcement)]
    assert [line.split()[0] for line in lines] == [str(number) for number in range(len(lines))]
    assert [line.split()[1] for line in (lines[0], lines[-1])] == ["plan", "critic"]


def test_a_run_that_its_caller_cancels_is_kept_as_cancelled(
    starter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    switch = CancelSwitch()
    caller = Caller(Events(lambda event: switch.press()), switch)
    assert not ran(SingleRun(ASK, starter / "agent.yaml", seed=1), caller)
    facts = json.loads(capsys.readouterr().out)
    assert (facts["status"], facts["output"]) == ("cancelled", None)
    record = starter / ".agentcrewops/artifacts" / facts["run_id"] / "run.json"
    assert json.loads(record.read_text())["status"] == "cancelled"


def test_a_recording_is_found_again_without_a_seed(starter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = SingleRun(ASK, starter / "agent.yaml")
    tape = starter / "tape.jsonl"
    assert ran(replace(wanted, recording=Recording(tape, RecordingMode.RECORD)))
    assert ran(replace(wanted, recording=Recording(tape, RecordingMode.REPLAY), seed=0))
    one, other = map(json.loads, capsys.readouterr().out.splitlines())
    assert one["output"] == other["output"]


@pytest.mark.parametrize(
    ("answer", "granted"), [("y", True), (" YES ", True), ("", False), ("n", False), ("yep", False)]
)
def test_only_a_plain_yes_grants_a_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, granted: bool
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert asyncio.run(ask_at_terminal(REQUEST)) is granted
    assert 'billing.refund wants your approval:\n  {"amount": 15}\n  (it pays)\n' in capsys.readouterr().err


def test_where_nobody_is_at_a_terminal_a_call_is_declined(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert asyncio.run(ask_at_terminal(REQUEST)) is False
    assert "nobody is at a terminal to give it: declined" in capsys.readouterr().err
