from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from bot.message.results import read_results
from evals.report.folder import write_results
from security_pack.findings.findings_file import write_assessment
from tests.bot.samples import SHA, breach, drift


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    results, folder = drift(), tmp_path / "canary-out"
    assert results.verdict is not None
    assert results.samples is not None
    folder.mkdir()
    write_results(folder, results.verdict, results.samples)
    return folder


@pytest.fixture
def guardian(tmp_path: Path) -> Path:
    assessment, folder = breach().assessment, tmp_path / "guardian-out"
    assert assessment is not None
    folder.mkdir()
    write_assessment(folder, assessment)
    return folder


def test_a_verdict_and_findings_of_two_folders_are_one_result(canary: Path, guardian: Path) -> None:
    results = read_results([canary, guardian])
    assert results.verdict is not None
    assert results.assessment is not None
    assert results.commits == {SHA}


def test_both_may_lie_in_one_folder(canary: Path, guardian: Path) -> None:
    (guardian / "findings.json").rename(canary / "findings.json")
    assert read_results([canary]).assessment is not None


def test_the_runs_of_a_case_are_at_hand(canary: Path) -> None:
    results = read_results([canary])
    case = results.case("refund_over_limit")
    assert case is not None
    assert len(case.samples) == 10
    assert results.case("unknown") is None


def test_a_folder_with_nothing_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"holds no verdict\.json and no findings\.json"):
        read_results([tmp_path])


def test_two_verdicts_are_refused(canary: Path) -> None:
    with pytest.raises(InvalidInput, match="second result of the same kind"):
        read_results([canary, canary])
