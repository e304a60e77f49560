"""One folder, one report: whoever comes second keeps what the first one wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from agentcrewops.outcome.folder import render_folder, sections_in, write_guardian
from security_pack.findings.findings_file import write_assessment
from tests.agentcrewops.conftest import Shell, shell
from tests.security_pack.sample_trials import a_breach, a_pass

__all__ = ["shell"]


@pytest.fixture
def canary(shell: Shell, starter: Path) -> Path:
    """The folder of a canary that was compared with a baseline."""
    shell("canary", "--samples", 2, "--looks", "once", "--out", "out", "--quiet", cwd=starter)
    shell("baseline", "save", "out", cwd=starter)
    said = shell("canary", "--samples", 2, "--looks", "once", "--out", "out", "--quiet", cwd=starter)
    assert said.code == 0, said.err
    return starter / "out"


def texts(folder: Path) -> tuple[str, str]:
    return (folder / "report.html").read_text(), (folder / "summary.md").read_text()


def test_alone_guardian_has_the_report_for_itself(tmp_path: Path) -> None:
    write_guardian(tmp_path, a_breach(), tmp_path / "agent.yaml")
    report, summary = texts(tmp_path)
    assert 'class="verdict guardian bad"' in report
    assert summary.startswith("**BREACH**")


def test_after_a_canary_the_report_holds_both(canary: Path) -> None:
    _, before = texts(canary)
    write_guardian(canary, a_breach(), canary.parent / "agent.yaml")
    report, summary = texts(canary)
    assert report.index("Every run of every case") < report.index('id="guardian"')
    assert summary.startswith(f"{before}\n### Guardian\n\n**BREACH**")


def test_the_baselines_columns_survive(canary: Path) -> None:
    before, _ = texts(canary)
    write_guardian(canary, a_pass(), canary.parent / "agent.yaml")
    report, _ = texts(canary)
    assert "rows compared" in before
    assert "rows compared" in report


def test_a_canary_keeps_guardians_part(shell: Shell, starter: Path) -> None:
    assert shell("guardian", "--out", "out", "--family", "contract", cwd=starter).code == 0
    assert (
        shell("canary", "--samples", 2, "--looks", "once", "--out", "out", "--quiet", cwd=starter).code == 0
    )
    report, summary = texts(starter / "out")
    assert 'id="guardian"' in report
    assert "### Guardian\n\n**PASS**" in summary


def test_the_report_verb_renders_either_or_both(shell: Shell, canary: Path) -> None:
    write_guardian(canary, a_breach(), canary.parent / "agent.yaml")
    (canary / "report.html").unlink()
    assert shell("canary", "report", "out", cwd=canary.parent).code == 0
    assert 'id="guardian"' in texts(canary)[0]
    (canary / "verdict.json").unlink()
    assert shell("canary", "report", "out", cwd=canary.parent).code == 0
    assert "Every run of every case" not in texts(canary)[0]


def test_a_report_that_cannot_be_written_leaves_the_results(shell: Shell, starter: Path) -> None:
    (starter / "out" / "report.html").mkdir(parents=True)
    said = shell("canary", "--samples", 1, "--fixed", "--out", "out", "--quiet", cwd=starter)
    assert said.code == 3
    assert "make room and go on with  agentcrewops report out" in said.err
    (starter / "out" / "report.html").rmdir()
    assert shell("report", "out", cwd=starter).code == 0


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"verdict\.json: does not exist"):
        render_folder(tmp_path)


def test_findings_that_cannot_be_read_are_told_before_anything_runs(shell: Shell, starter: Path) -> None:
    (starter / "out").mkdir()
    (starter / "out" / "findings.json").write_text("{")
    said = shell("canary", "--out", "out", cwd=starter)
    assert said.code == 2
    assert "findings.json: is not valid JSON" in said.err
    assert not (starter / "out" / "samples.jsonl").exists()


def test_without_findings_there_is_no_section(tmp_path: Path) -> None:
    assert sections_in(tmp_path) == ()
    write_assessment(tmp_path, a_breach())
    assert [section.title for section in sections_in(tmp_path)] == ["Breach"]
