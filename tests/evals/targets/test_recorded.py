"""Runs that were saved, graded again by what is right now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from agent_runtime.progress import Lines
from evals.canary.preparation import CanaryOptions
from evals.results.records import CaseResult, Event, ObservedCall, Sample, SampleStatus, SuiteResult
from evals.results.samples import read_samples, write_samples
from evals.results.texts import LONGEST, LongTexts
from evals.results.verdict import VerdictKind
from evals.sampling.caller import Caller
from evals.suite.suite import Suite
from evals.targets import open_target
from evals.targets.recorded import recorded_attempt
from tests.fakes.canaries import canary_verdict
from tests.fakes.suites import HI, asked, suite_of


def saved(folder: Path, *samples: Sample, input_text: str = "hi") -> Suite:
    case = CaseResult("a", samples, input_text=input_text)
    result = SuiteResult("s", (case,), "f1", agent="theirs", model="m", simulated=True)
    write_samples(folder / "samples.jsonl", result)
    return suite_of(folder, {"recorded": {"file": "samples.jsonl"}})


def sample(index: int = 0, status: SampleStatus = SampleStatus.COMPLETED, **more: Any) -> Sample:
    return Sample("a", index, status, True if status is SampleStatus.COMPLETED else None, **more)


def test_an_attempt_is_what_it_was(tmp_path: Path) -> None:
    suite = saved(tmp_path, sample(output="out", latency_ms=7.5, tokens=3, cost_usd=0.25, version="v1"))
    attempt = asked(suite)[0]
    assert (attempt.status, attempt.output, attempt.latency_ms) == (SampleStatus.COMPLETED, "out", 7.5)
    assert (attempt.tokens, attempt.cost_usd, attempt.version) == (3, 0.25, "v1")


def test_the_agent_is_the_one_that_was_recorded(tmp_path: Path) -> None:
    target = open_target(saved(tmp_path, sample()), None, {}, 1)
    assert (target.fingerprint, target.agent, target.model, target.simulated) == ("f1", "theirs", "m", True)


@pytest.mark.parametrize("status", list(SampleStatus))
def test_a_run_that_did_not_complete_still_did_not(tmp_path: Path, status: SampleStatus) -> None:
    attempt = asked(saved(tmp_path, sample(status=status, error="why")))[0]
    assert (attempt.status, attempt.error, attempt.retryable) == (status, "why", False)


def test_a_run_that_was_never_made_is_unmeasured(tmp_path: Path) -> None:
    attempt = asked(saved(tmp_path, sample(0)), 2)[1]
    assert attempt.status is SampleStatus.INFRA_ERROR
    assert "use --samples 1" in str(attempt.error)


def test_tool_calls_are_read_from_the_transcript() -> None:
    events = (
        Event("tool", "", tool="kb", arguments='{"q": 1}'),
        Event("tool", "", tool="refund", arguments="{broken", flags=("denied:approval",)),
    )
    assert recorded_attempt(sample(transcript=events)).tool_calls == (
        ObservedCall("kb", {"q": 1}),
        ObservedCall("refund", {}, executed=False),
    )


@pytest.mark.parametrize(("role", "calls"), [("plan", ()), ("answer", None)])
def test_silence_about_tools_means_none_only_where_they_would_have_been_told(role: str, calls: Any) -> None:
    assert recorded_attempt(sample(transcript=(Event(role, "hm"),))).tool_calls == calls


def test_runs_of_another_input_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="answer another input"):
        open_target(saved(tmp_path, sample(), input_text="other"), None, {}, 1)


def test_personal_data_that_was_taken_out_does_not_make_another_input(tmp_path: Path) -> None:
    suite = saved(tmp_path, sample(), input_text="mail [EMAIL_1] today")
    mail = {**HI, "input": "mail bob@example.com today"}
    asked(suite_of(tmp_path, {"recorded": {"file": "samples.jsonl"}}, [mail]))
    assert suite.name == "s"


@pytest.mark.parametrize(
    ("file", "says"),
    [("gone.jsonl", "does not exist"), ("../samples.jsonl", "leads out of the project folder")],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, file: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        open_target(suite_of(tmp_path, {"recorded": {"file": file}}), None, {}, 1)


def test_a_case_without_runs_is_named_with_its_line(tmp_path: Path) -> None:
    saved(tmp_path, sample())
    suite = suite_of(tmp_path, {"recorded": {"file": "samples.jsonl"}}, [HI, {**HI, "case_id": "b"}])
    with pytest.raises(InvalidInput, match=r"suite\.yaml:1: samples\.jsonl holds no run of case 'b'"):
        open_target(suite, None, {}, 1)


def test_a_long_output_is_judged_whole(tmp_path: Path) -> None:
    long = sample(output="x" * LONGEST + " the end")
    suite = saved(tmp_path, LongTexts(tmp_path).cut(long))
    assert asked(suite)[0].output == long.output


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_long_output_whose_file_is_lost_is_unmeasured(tmp_path: Path, damage: str) -> None:
    suite = saved(tmp_path, LongTexts(tmp_path).cut(sample(output="x" * LONGEST + " the end")))
    file = next((tmp_path / "artifacts").iterdir())
    file.unlink()
    if damage == "changed":
        file.write_text("another text")
    attempt = asked(suite)[0]
    assert attempt.status is SampleStatus.INFRA_ERROR
    assert "the output was cut when it was saved" in str(attempt.error)


def test_todays_graders_judge_yesterdays_runs_and_nothing_is_spent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = saved(tmp_path, *(sample(index, output="ax"[index % 2], cost_usd=5.0) for index in range(4)))
    options = CanaryOptions(suite.root / "suite.yaml", samples=4, out=tmp_path / "out", max_usd=1e-9)
    assert canary_verdict(options, {}, Caller(Lines(sys.stderr))).verdict is VerdictKind.NO_BASELINE
    assert "no agent is called" in capsys.readouterr().err
    judged = read_samples(tmp_path / "out/samples.jsonl").samples
    assert [one.passed for one in judged] == [False, True, False, True]
    assert [one.cost_usd for one in judged] == [5.0] * 4
