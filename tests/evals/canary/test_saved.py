"""Two results that are on disk already, compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.canary.saved import compare_files
from evals.results.baseline import save_baseline
from evals.results.samples import read_samples, write_samples
from evals.results.verdict import VerdictKind
from evals.suite.suite_file import GateSettings
from tests.fakes.results import result

GATE = GateSettings()


@pytest.fixture
def before(tmp_path: Path) -> Path:
    write_samples(tmp_path / "before.jsonl", result({"a": "++", "b": "++"}))
    return tmp_path / "before.jsonl"


def test_two_files_of_another_harness_can_be_compared(tmp_path: Path) -> None:
    for name, passes in (("before", 30), ("after", 12)):
        lines = [
            json.dumps({"case_id": f"c{case}", "sample_index": index, "passed": index < passes})
            for case in range(6)
            for index in range(30)
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    verdict = compare_files(
        tmp_path / "before.jsonl", tmp_path / "after.jsonl", tmp_path / "out", GateSettings()
    ).verdict
    assert verdict.verdict is VerdictKind.DRIFT
    assert len(verdict.broken_cases) == 6


def test_the_samples_of_the_candidate_are_copied_beside_the_verdict(tmp_path: Path, before: Path) -> None:
    after = tmp_path / "after.jsonl"
    write_samples(after, result({"a": "+-", "b": "--"}))
    compare_files(before, after, tmp_path / "out", GATE)
    assert (tmp_path / "out/samples.jsonl").read_bytes() == after.read_bytes()
    assert json.loads((tmp_path / "out/verdict.json").read_text())["shared_cases"] == ["a", "b"]


def test_a_baseline_file_can_be_the_candidate_too(tmp_path: Path, before: Path) -> None:
    save_baseline(tmp_path / "after.json", result({"a": "+-", "b": "--"}), str)
    found = compare_files(before, tmp_path / "after.json", tmp_path / "out", GATE)
    assert [run.passed for run in read_samples(tmp_path / "out/samples.jsonl").samples] == [
        run.passed for run in found.runs.samples
    ]


def test_the_same_seed_gives_the_same_verdict(tmp_path: Path, before: Path) -> None:
    written = []
    for out in (tmp_path / "one", tmp_path / "other"):
        assert compare_files(before, before, out, GATE, seed=7).verdict.seed == 7
        written.append((out / "verdict.json").read_bytes())
    assert written[0] == written[1]


def test_a_file_that_cannot_be_read_leaves_no_folder(tmp_path: Path, before: Path) -> None:
    with pytest.raises(InvalidInput):
        compare_files(before, tmp_path / "gone.jsonl", tmp_path / "out", GATE)
    assert not (tmp_path / "out").exists()
