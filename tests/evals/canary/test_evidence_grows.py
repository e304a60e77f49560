"""Evidence from the first run to the last look: stopping early, going on, and nothing lost on the way."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.canary.preparation import CanaryOptions
from evals.results.files import CannotKeepRuns
from evals.results.verdict import Verdict, VerdictKind
from evals.sampling.journal import PARTIAL, Start
from tests.conftest import ExampleResults, edit
from tests.fakes.canaries import canary_verdict
from tests.fakes.threaded import agent_endpoint_thread

WRITTEN = ("samples.jsonl", "verdict.json", "report.html", "summary.md", "junit.xml", "protocol.json")
CANARY = (sys.executable, "-I", "-B", "-m", "agentcrewops", "canary", "-q")


def canary(folder: Path, **changes: object) -> Verdict:
    environ = {"CI": "true"} if changes.pop("in_ci", False) else {}
    options = CanaryOptions(suite=folder / "suite.yaml", out=folder / "out")
    return canary_verdict(replace(options, **changes), environ)  # type: ignore[arg-type]


@pytest.fixture
def judged(starter: Path, example_results: ExampleResults) -> Path:
    """The example with a baseline of 30 runs beside its suite."""
    example_results(30, starter / "before")
    (starter / "baselines").mkdir()
    (starter / "before/samples.jsonl").rename(starter / "baselines/support-triage.json")
    return starter


def proposed(folder: Path) -> dict[str, object]:
    return {"agent": folder / "agent.proposed.yaml", "seed": 2}


def runs_per_case(folder: Path) -> int:
    lines = (folder / "samples.jsonl").read_text().splitlines()
    return len(lines) // 12


def cut_to(out: Path, kept: int) -> None:
    """Make a finished evaluation look as if it had been killed after `kept` runs, in the middle of a line."""
    lines = (out / "samples.jsonl").read_bytes().splitlines(keepends=True)
    lines.sort(key=lambda line: json.loads(line)["sample_index"])
    (out / PARTIAL).write_bytes(b"".join(lines[:kept]) + lines[kept][:40])
    protocol = json.loads((out / "protocol.json").read_text())
    protocol["taken"] = [look for look in protocol["taken"] if look["runs"] * 12 <= kept]
    (out / "protocol.json").write_text(json.dumps(protocol))
    for name in ("samples.jsonl", "verdict.json", "report.html", "summary.md", "junit.xml"):
        (out / name).unlink()


def test_a_clear_drift_is_found_at_an_early_look(judged: Path) -> None:
    verdict = canary(judged, **proposed(judged))
    assert verdict.verdict is VerdictKind.DRIFT
    assert runs_per_case(judged / "out") < 10


def test_fixed_makes_every_run_and_judges_once(judged: Path) -> None:
    assert canary(judged, fixed=True, **proposed(judged)).verdict is VerdictKind.DRIFT
    assert runs_per_case(judged / "out") == 10


def test_recording_a_baseline_makes_every_run(starter: Path) -> None:
    canary(starter)
    assert runs_per_case(starter / "out") == 10


@pytest.mark.parametrize("kept", [1, 12, 29, 50, 60, 100])
def test_a_resumed_evaluation_is_the_uninterrupted_one_byte_for_byte(judged: Path, kept: int) -> None:
    canary(judged, seed=3, looks=(5, 10), concurrency=7)
    whole = {name: (judged / "out" / name).read_bytes() for name in WRITTEN}
    cut_to(judged / "out", min(kept, whole["samples.jsonl"].count(b"\n") - 1))
    canary(judged, seed=3, start=Start.RESUME)
    assert {name: (judged / "out" / name).read_bytes() for name in WRITTEN} == whole
    assert not (judged / "out" / PARTIAL).exists()


def test_resuming_what_is_finished_changes_nothing(judged: Path) -> None:
    canary(judged)
    whole = {name: (judged / "out" / name).read_bytes() for name in WRITTEN}
    canary(judged, start=Start.RESUME)
    assert {name: (judged / "out" / name).read_bytes() for name in WRITTEN} == whole


def test_runs_are_added_up_to_the_next_look(judged: Path) -> None:
    canary(judged, samples=3, seed=5)
    before = (judged / "out/samples.jsonl").read_text().splitlines()
    canary(judged, seed=5, start=Start.ADD)
    assert runs_per_case(judged / "out") == 5
    assert set(before) <= set((judged / "out/samples.jsonl").read_text().splitlines())
    taken = json.loads((judged / "out/protocol.json").read_text())["taken"]
    assert [look["runs"] for look in taken] == [3, 5]


def test_an_undecided_verdict_in_ci_goes_on_by_itself(judged: Path) -> None:
    edit(judged / "suite.yaml", "margin: 0.10", "margin: 0.02")
    assert canary(judged, seed=5).verdict is VerdictKind.UNDECIDED
    assert runs_per_case(judged / "out") == 10
    canary(judged, in_ci=True, seed=5)
    assert runs_per_case(judged / "out") > 10


def test_evidence_of_another_agent_is_not_added_to(judged: Path) -> None:
    canary(judged, seed=2)
    with pytest.raises(InvalidInput, match="the agent \\(its fingerprint\\) changed"):
        canary(judged, start=Start.ADD, **proposed(judged))


def test_a_reached_cap_is_resumed_under_a_higher_one(starter: Path) -> None:
    capped = canary(starter, max_usd=0.01)
    assert capped.verdict is VerdictKind.NOT_MEASURED
    kept = (starter / "out/samples.jsonl").read_text().splitlines()
    assert canary(starter, max_usd=0.01, start=Start.RESUME).verdict is VerdictKind.NOT_MEASURED
    assert canary(starter, max_usd=500, start=Start.RESUME).verdict is VerdictKind.NO_BASELINE
    assert set(kept) <= set((starter / "out/samples.jsonl").read_text().splitlines())


def test_results_that_cannot_be_written_leave_the_runs_to_be_resumed(starter: Path) -> None:
    (starter / "out/verdict.json").mkdir(parents=True)
    with pytest.raises(CannotKeepRuns, match="--resume"):
        canary(starter)
    (starter / "out/verdict.json").rmdir()
    assert lines_of(starter / "out" / PARTIAL) == 120
    assert canary(starter, start=Start.RESUME).verdict is VerdictKind.NO_BASELINE


def http_suite(folder: Path, url: str, cases: int = 20) -> Path:
    listed = ", ".join(f"{{ case_id: c{n}, input: hi, success: \"contains('yes')\" }}" for n in range(cases))
    path = folder / "suite.yaml"
    path.write_text(f'suite: "s"\ntarget: {{ http: {{ url: "{url}" }} }}\nsamples: 5\ncases: [{listed}]\n')
    return path


def canary_command(folder: Path, url: str, *more: str) -> list[str]:
    return [*CANARY, *more, "--suite", str(http_suite(folder, url)), "--out", str(folder / "out")]


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_canary_is_resumed_without_repeating_what_it_measured(
    tmp_path: Path, number: signal.Signals
) -> None:
    with agent_endpoint_thread({"output": "yes"}, seconds=0.05) as url:
        command = canary_command(tmp_path, url, "-c", "4")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            until = time.monotonic() + 30
            while lines_of(tmp_path / "out" / PARTIAL) < 20 and time.monotonic() < until:
                time.sleep(0.01)
            process.send_signal(number)
            process.wait(timeout=20)
        kept = (tmp_path / "out" / PARTIAL).read_bytes().splitlines()
        assert 20 <= len(kept) < 100
        assert subprocess.run([*command, "--resume"], check=False, stdout=subprocess.DEVNULL).returncode == 0
    written = (tmp_path / "out/samples.jsonl").read_bytes().splitlines()
    assert len(written) == 100
    assert set(kept) <= set(written)


def test_a_disk_that_fills_stops_with_a_message_and_can_be_resumed(tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with agent_endpoint_thread({"output": "yes"}) as url:
        command = canary_command(tmp_path, url)
        full = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=small_files)
        assert full.returncode == 3
        assert "File too large" in full.stderr
        assert "--resume" in full.stderr
        assert "Traceback" not in full.stderr
        assert subprocess.run([*command, "--resume"], check=False, capture_output=True).returncode == 0
    assert lines_of(tmp_path / "out/samples.jsonl") == 100


def test_an_answer_of_five_megabytes_is_a_file_and_a_mark_in_the_report(tmp_path: Path) -> None:
    with agent_endpoint_thread({"output": "no" + "y" * 5_000_000}) as url:
        suite = http_suite(tmp_path, url, cases=2)
        verdict = canary_verdict(
            CanaryOptions(suite=suite, samples=1, concurrency=2, out=tmp_path / "out"), dict(os.environ)
        )
    assert verdict.verdict is VerdictKind.NO_BASELINE
    [file] = (tmp_path / "out/artifacts").iterdir()
    assert file.stat().st_size == 5_000_002
    for name in ("samples.jsonl", "report.html"):
        assert f"artifacts/{file.name}" in (tmp_path / "out" / name).read_text()
