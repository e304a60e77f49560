"""What a canary decides, and refuses, before anything is started or spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.agent.manifest import Recording, RecordingMode
from agent_runtime.errors import InvalidInput
from agent_runtime.statistics.looks import HORIZON
from evals.canary.preparation import CanaryOptions, Prepared, in_ci, prepare
from evals.results.samples import write_samples
from evals.results.verdict import VerdictKind
from evals.sampling.schedule import fixed_schedule, looking_schedule
from tests.conftest import edit
from tests.fakes.canaries import canary_verdict
from tests.fakes.results import result
from tests.fakes.suites import suite_of

CI = {"CI": "true"}


def options(folder: Path, **changes: object) -> CanaryOptions:
    base = CanaryOptions(suite=folder / "suite.yaml", samples=4, out=folder / "out")
    return replace(base, **changes)  # type: ignore[arg-type]


def run(folder: Path) -> VerdictKind:
    return canary_verdict(options(folder), {}).verdict


def problems_of(folder: Path, **changes: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        prepare(options(folder, **changes), {})
    return str(caught.value)


def prepared(folder: Path, environ: Mapping[str, str] | None = None, **changes: object) -> Prepared:
    """Of a suite whose agent is a command, and that says nothing else."""
    suite_of(folder, {"command": {"run": "cat"}})
    return prepare(options(folder, **{"samples": None, **changes}), environ or {})


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Earlier results of the suite."""
    write_samples(tmp_path / "before/samples.jsonl", result({"a": "+++"}, suite="s"))
    return tmp_path / "before"


# --- what is refused


def test_a_write_tool_without_a_stub_stops_before_anything_runs(starter: Path) -> None:
    edit(starter / "agent.yaml", '      eval: { python: "tools/billing.py:refund_stub" }', "")
    text = problems_of(starter)
    assert "tool 'billing.refund' may create" in text
    assert "suite.yaml:" in text


def test_all_problems_of_all_files_are_told_at_once(starter: Path) -> None:
    edit(starter / "agent.yaml", "max_steps: 8", "max_stepz: 8")
    edit(starter / "policy.yaml", "per_run_usd_max: 0.25", "per_run_usd_max: lots")
    text = problems_of(starter)
    assert "did you mean 'max_steps'?" in text
    assert "policy.yaml:6" in text


def test_a_missing_baseline_file_is_told_before_anything_runs(starter: Path) -> None:
    assert "does not exist" in problems_of(starter, baseline=starter / "gone.json")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ({"http": {"url": "http://127.0.0.1:1/run"}}, "an HTTP endpoint"),
        ({"python": {"function": "a.py:f"}}, "a Python function"),
        ({"command": {"run": "cat"}}, "a command"),
        ({"recorded": {"file": "out/samples.jsonl"}}, "a recording"),
    ],
)
def test_an_agent_file_is_refused_for_a_target_that_is_none_of_ours(
    tmp_path: Path, target: dict[str, object], says: str
) -> None:
    suite_of(tmp_path, target)
    text = problems_of(tmp_path, agent=tmp_path / "agent.yaml")
    assert text.startswith(f"--agent: does not apply: the suite's target is {says}")


def test_an_agent_outside_the_folder_of_the_suite_is_refused_with_its_line(tmp_path: Path) -> None:
    suite_of(tmp_path, {"runtime": {"agent": "../agent.yaml"}})
    text = problems_of(tmp_path)
    assert "suite.yaml:1" in text
    assert "leads out of the project folder" in text


def test_looks_contradict_a_fixed_number_of_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="contradicts --fixed"):
        prepared(tmp_path, looks=(3, 5), fixed=True)


def test_a_recording_is_refused_by_the_flag_that_named_it(tmp_path: Path) -> None:
    suite_of(tmp_path, {"command": {"run": "cat"}})
    recording = Recording(tmp_path / "tape.jsonl", RecordingMode.REPLAY)
    assert problems_of(tmp_path, recording=recording).startswith("--replay: does not apply")


def test_a_history_that_is_not_there_is_refused_and_an_empty_one_is_none_yet(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    assert prepared(tmp_path, history=(tmp_path / "history",)).history == ()
    with pytest.raises(InvalidInput):
        prepared(tmp_path, history=(tmp_path / "gone",))


# --- what it is compared with


def test_a_baseline_beside_the_suite_is_used_without_being_named(starter: Path) -> None:
    run(starter)
    (starter / "baselines").mkdir()
    (starter / "out/samples.jsonl").rename(starter / "baselines/support-triage.json")
    assert prepare(options(starter), {}).evaluation.baseline is not None


def test_a_named_baseline_goes_before_the_one_beside_the_suite(tmp_path: Path, before: Path) -> None:
    write_samples(tmp_path / "baselines/s.json", result({"a": "-"}, suite="s"))
    ready = prepared(tmp_path, baseline=before)
    assert ready.baseline_file == before
    assert ready.evaluation.baseline is not None
    assert len(ready.evaluation.baseline.samples) == 3


# --- how far it runs


def test_without_a_baseline_there_is_nothing_to_look_at_before_the_end(tmp_path: Path) -> None:
    assert prepared(tmp_path).evaluation.schedule == fixed_schedule(10)


@pytest.mark.parametrize(
    ("written", "asked", "schedule"),
    [
        ({}, {}, looking_schedule(10)),
        ({"samples": 20}, {}, looking_schedule(20)),
        ({"samples": 20}, {"samples": 7}, looking_schedule(7)),
        ({"looks": [2, 4]}, {}, looking_schedule(None, (2, 4))),
        ({"looks": [2, 4]}, {"looks": (3, 6)}, looking_schedule(None, (3, 6))),
        ({"looks": [2, 4]}, {"samples": 9}, looking_schedule(9, (2, 4))),
        ({"samples": 20}, {"fixed": True}, fixed_schedule(20)),
    ],
)
def test_the_command_line_goes_before_the_suite_and_looks_before_a_number_of_runs(
    tmp_path: Path, before: Path, written: dict[str, Any], asked: dict[str, Any], schedule: object
) -> None:
    suite_of(tmp_path, {"command": {"run": "cat"}}, **written)
    ready = prepare(options(tmp_path, **{"samples": None, "baseline": before, **asked}), {})
    assert ready.evaluation.schedule == schedule


def test_only_the_command_line_can_contradict_the_schedule_of_a_folder(tmp_path: Path) -> None:
    assert not prepared(tmp_path).schedule_asked
    for asked in ({"samples": 3}, {"looks": (3,)}, {"fixed": True}):
        assert prepared(tmp_path, **asked).schedule_asked


@pytest.mark.parametrize(
    ("environ", "asked", "most"), [({}, None, None), (CI, None, HORIZON), (CI, 20, 20), ({}, 20, 20)]
)
def test_an_undecided_verdict_goes_on_by_itself_only_in_ci(
    tmp_path: Path, environ: dict[str, str], asked: int | None, most: int | None
) -> None:
    assert prepared(tmp_path, environ, max_samples=asked).max_samples == most


@pytest.mark.parametrize(
    ("environ", "asked", "confirms"),
    [({}, None, False), (CI, None, True), (CI, False, False), ({}, True, True)],
)
def test_a_drift_is_confirmed_in_ci_or_on_demand(
    tmp_path: Path, before: Path, environ: dict[str, str], asked: bool | None, confirms: bool
) -> None:
    assert prepared(tmp_path, environ, confirm=asked, baseline=before).confirms is confirms


def test_without_a_baseline_there_is_no_drift_to_confirm(tmp_path: Path) -> None:
    assert not prepared(tmp_path, CI, confirm=True).confirms


@pytest.mark.parametrize(
    ("value", "yes"),
    [("true", True), ("TRUE", True), ("1", True), ("false", False), ("0", False), ("", False)],
)
def test_a_ci_says_that_it_is_one(value: str, yes: bool) -> None:
    assert in_ci({"CI": value}) is yes


# --- what it may spend


@pytest.mark.parametrize(("asked", "cap"), [(None, 2.0), (0.5, 0.5), (0.0, 0.0)])
def test_a_cap_on_the_command_line_goes_before_the_suites(
    tmp_path: Path, asked: float | None, cap: float
) -> None:
    suite_of(tmp_path, {"command": {"run": "cat"}}, gate={"max_usd": 2.0})
    assert prepare(options(tmp_path, max_usd=asked), {}).evaluation.max_usd == cap


def test_recorded_runs_have_no_cap(tmp_path: Path, before: Path) -> None:
    suite_of(tmp_path, {"recorded": {"file": "before/samples.jsonl"}}, gate={"max_usd": 2.0})
    assert prepare(options(tmp_path), {}).evaluation.max_usd is None
