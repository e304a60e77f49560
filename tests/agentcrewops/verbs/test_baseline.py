"""`agentcrewops baseline`, as a shell calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.results.records import SuiteResult
from evals.results.samples import write_samples
from tests.agentcrewops.conftest import Shell
from tests.fakes.results import result


def arm(passes: int, suite: str = "s") -> SuiteResult:
    return result({str(number): "+" * passes + "-" * (30 - passes) for number in range(10)}, suite=suite)


def results(folder: Path, passes: int, suite: str = "s") -> Path:
    write_samples(folder / "samples.jsonl", arm(passes, suite))
    return folder / "samples.jsonl"


def test_recording_runs_thirty_times_saves_beside_the_suite_and_tells_what_it_sees(
    starter: Path, shell: Shell
) -> None:
    said = shell("baseline", "record", "--suite", "triage/suite.yaml", "--quiet", cwd=starter.parent)
    assert said.code == 0, said.err
    assert "12 cases · 360 measured runs" in said.out
    assert "drop of" in said.out
    assert (starter / "baselines/support-triage.json").is_file()


def test_a_recording_that_was_stopped_goes_on(starter: Path, shell: Shell) -> None:
    arguments = ("baseline", "record", "--runs", 2, "--quiet", "--to", "b.json")
    assert shell(*arguments, cwd=starter).code == 0
    assert shell(*arguments, "--resume", cwd=starter).code == 0


def test_a_recording_that_fell_below_the_last_baseline_is_saved_only_if_accepted(
    starter: Path, shell: Shell
) -> None:
    assert shell("baseline", "record", "--runs", 12, "--quiet", cwd=starter).code == 0
    worse = ("baseline", "record", "--runs", 12, "--quiet", "--agent", "agent.proposed.yaml")
    before = (starter / "baselines/support-triage.json").read_bytes()
    said = shell(*worse, cwd=starter)
    assert said.code == 2
    assert "says drift" in said.err
    assert (starter / "baselines/support-triage.json").read_bytes() == before
    assert shell(*worse, "--accept", cwd=starter).code == 0


def test_a_recording_in_which_nothing_answered_is_no_baseline(tmp_path: Path, shell: Shell) -> None:
    target = {"http": {"url": "http://127.0.0.1:1/run"}}
    cases = [{"case_id": "a", "input": "hi", "success": "contains('x')"}]
    (tmp_path / "suite.yaml").write_text(json.dumps({"suite": "s", "target": target, "cases": cases}))
    said = shell("baseline", "record", "--quiet", "--runs", 1, cwd=tmp_path)
    assert said.code == 3
    assert not (tmp_path / "baselines").exists()


def test_saving_few_runs_says_how_many_would_be_enough(starter: Path, shell: Shell) -> None:
    shell("canary", "--samples", 4, "--quiet", cwd=starter)
    said = shell("baseline", "save", cwd=starter)
    assert said.code == 0
    assert "4 runs per case are few" in said.out
    assert "Take 30" in said.out


def test_a_result_that_drifted_is_not_saved_unless_accepted(starter: Path, shell: Shell) -> None:
    shell("baseline", "record", "--runs", 12, "--quiet", cwd=starter)
    shell("canary", "--agent", "agent.proposed.yaml", "--quiet", "--no-confirm", cwd=starter)
    said = shell("baseline", "save", cwd=starter)
    assert said.code == 2
    assert "says drift" in said.err
    assert shell("baseline", "save", "--accept", cwd=starter).code == 0


@pytest.mark.parametrize("name", ["../../outside", "a/b", "/tmp/x", "..", "a\n"])
def test_a_suite_name_from_a_foreign_file_never_leads_out_of_baselines(
    tmp_path: Path, shell: Shell, name: str
) -> None:
    said = shell("baseline", "save", results(tmp_path, 28, name), cwd=tmp_path)
    assert said.code == 2
    assert "cannot be a file name" in said.err
    assert {path.name for path in tmp_path.iterdir()} == {"samples.jsonl"}


def test_a_refresh_replaces_the_baseline_until_it_has_slid_too_far(tmp_path: Path, shell: Shell) -> None:
    assert shell("baseline", "save", results(tmp_path, 28), cwd=tmp_path).code == 0
    said = shell("baseline", "refresh", results(tmp_path, 27), cwd=tmp_path)
    assert said.code == 0, said.out + said.err
    kept = (tmp_path / "baselines/s.json").read_bytes()
    slid = shell("baseline", "refresh", results(tmp_path, 24), cwd=tmp_path)
    assert slid.code == 1
    assert "not refreshed" in slid.out
    assert (tmp_path / "baselines/s.json").read_bytes() == kept


def test_another_anchor_can_be_named(tmp_path: Path, shell: Shell) -> None:
    shell("baseline", "save", results(tmp_path, 28), cwd=tmp_path)
    shell("baseline", "save", results(tmp_path, 20), "--to", "low.json", cwd=tmp_path)
    new = results(tmp_path, 20)
    assert shell("baseline", "refresh", new, "--anchor", "low.json", cwd=tmp_path).code == 0


def test_a_saved_baseline_is_found_beside_the_suite_and_says_what_it_can_see(
    shell: Shell, starter: Path
) -> None:
    shell("canary", "--samples", 10, cwd=starter)
    said = shell("baseline", "save", "canary-out", cwd=starter)
    assert "saved baselines/support-triage.json" in said.out
    assert "four times out of five" in said.out
    again = shell("canary", "--samples", 10, "--json", cwd=starter)
    assert json.loads(again.out)["verdict"] != "no_baseline"
    shown = json.loads(shell("baseline", "show", "baselines/support-triage.json", "--json", cwd=starter).out)
    assert len(shown["cases"]) == 12
