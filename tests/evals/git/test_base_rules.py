"""A change is judged by the rules it found, not by those it brings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.canary.preparation import CanaryOptions, prepare
from evals.git.base_rules import usual_baseline_at
from evals.results.verdict import VerdictKind
from tests.conftest import edit
from tests.fakes.canaries import canary_verdict

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(starter: Path) -> Path:
    """The starter, committed on main, with a branch for the change checked out."""
    git(starter, "init", "-q")
    git(starter, "add", "-A")
    git(starter, "commit", "-qm", "start")
    git(starter, "checkout", "-qb", "change")
    return starter


def options(project: Path, **more: object) -> CanaryOptions:
    return CanaryOptions(suite=project / "suite.yaml", gate_from="main", **more)  # type: ignore[arg-type]


def test_the_margin_of_a_change_does_not_judge_the_change(project: Path) -> None:
    edit(project / "suite.yaml", "margin: 0.10", "margin: 0.90")
    ready = prepare(options(project), {})
    assert ready.evaluation.suite.gate.margin == 0.10
    assert "margin 0.1 → 0.9" in ready.notes[0]


def test_a_case_that_had_to_pass_still_has_to(project: Path) -> None:
    edit(
        project / "suite.yaml",
        '  - case_id: "angry_customer"',
        '  - case_id: "angry_customer"\n    must_pass: true',
    )
    git(project, "commit", "-qam", "must pass")
    git(project, "branch", "-qf", "main")
    edit(project / "suite.yaml", "    must_pass: true\n", "")
    ready = prepare(options(project), {})
    assert [case.case_id for case in ready.evaluation.suite.cases if case.must_pass] == ["angry_customer"]
    assert "takes must_pass from angry_customer" in ready.notes[0]


def test_a_baseline_that_the_change_brings_does_not_judge_it(project: Path) -> None:
    (project / "baselines").mkdir()
    (project / "baselines" / "support-triage.json").write_text("{}")
    ready = prepare(options(project), {})
    assert ready.evaluation.baseline is None
    assert "edits the baseline support-triage.json" in ready.notes[0]


def record_baseline(project: Path, tmp_path: Path) -> Path:
    """A baseline on main."""
    canary_verdict(CanaryOptions(suite=project / "suite.yaml", samples=1, out=tmp_path / "out"), {})
    file = project / "baselines" / "support-triage.json"
    file.parent.mkdir()
    file.write_bytes((tmp_path / "out" / "samples.jsonl").read_bytes())
    git(project, "add", "-A")
    git(project, "commit", "-qm", "baseline")
    git(project, "branch", "-qf", "main")
    return file


def test_a_baseline_that_the_change_deletes_judges_it_all_the_same(project: Path, tmp_path: Path) -> None:
    record_baseline(project, tmp_path).unlink()
    assert prepare(options(project), {}).evaluation.baseline is not None


def test_a_change_that_renames_its_suite_keeps_the_gate_and_the_baseline(
    project: Path, tmp_path: Path
) -> None:
    record_baseline(project, tmp_path)
    edit(project / "suite.yaml", 'suite: "support-triage"', 'suite: "brand-new"')
    ready = prepare(options(project), {})
    assert ready.evaluation.baseline is not None
    assert "renames the suite support-triage to brand-new" in ready.notes[0]
    where = usual_baseline_at("main", ready.evaluation.suite, project / "suite.yaml")
    assert where == project / "baselines" / "support-triage.json"


@pytest.mark.parametrize("linked", ["suite.yaml", "baselines/support-triage.json"])
def test_a_link_that_the_change_puts_in_place_of_a_rule_chooses_no_other_rule(
    project: Path, tmp_path: Path, linked: str
) -> None:
    record_baseline(project, tmp_path)
    edit(project / "suite.yaml", "margin: 0.10", "margin: 0.90")
    (project / linked).rename(project / "moved")
    (project / linked).symlink_to(project / "moved")
    ready = prepare(options(project), {})
    assert (ready.evaluation.suite.gate.margin, ready.evaluation.baseline is not None) == (0.10, True)


def test_a_case_that_had_to_pass_and_is_gone_is_named(project: Path) -> None:
    head, cases, rest = (project / "suite.yaml").read_text().partition('  - case_id: "angry_customer"')
    (project / "suite.yaml").write_text(f"{head}{cases}\n    must_pass: true{rest}")
    git(project, "commit", "-qam", "must pass")
    git(project, "branch", "-qf", "main")
    edit(project / "suite.yaml", cases, '  - case_id: "another"')
    assert "removes cases that must pass: angry_customer" in prepare(options(project), {}).notes[0]


def test_a_suite_that_is_new_is_judged_by_its_own_rules_and_says_so(project: Path) -> None:
    (project / "suite.yaml").rename(project / "other.yaml")
    ready = prepare(CanaryOptions(suite=project / "other.yaml", gate_from="main"), {})
    assert "is new" in ready.notes[0]


def test_the_notes_stand_among_the_verdicts_warnings(project: Path, tmp_path: Path) -> None:
    edit(project / "suite.yaml", "margin: 0.10", "margin: 0.90")
    verdict = canary_verdict(options(project, samples=1, out=tmp_path / "out"), {})
    assert verdict.verdict is VerdictKind.NO_BASELINE
    assert "edits its own gate" in verdict.warnings[0]


@pytest.mark.parametrize("ref", ["nowhere", "--upload-pack=x", ""])
def test_a_ref_that_git_does_not_know_is_named(project: Path, ref: str) -> None:
    with pytest.raises(InvalidInput, match="--gate-from"):
        prepare(CanaryOptions(suite=project / "suite.yaml", gate_from=ref), {})


def test_outside_git_there_is_nothing_to_judge_by(starter: Path) -> None:
    with pytest.raises(InvalidInput, match="fetch-depth"):
        prepare(CanaryOptions(suite=starter / "suite.yaml", gate_from="main"), {})


def test_what_fails_a_change_is_said_by_the_gate_it_found(project: Path, tmp_path: Path) -> None:
    edit(project / "suite.yaml", "margin: 0.10", "fail_on: never, margin: 0.10")
    verdict = canary_verdict(options(project, samples=1, out=tmp_path / "out"), {})
    assert verdict.facts.fail_on is None
    git(project, "commit", "-qam", "never")
    git(project, "branch", "-qf", "main")
    verdict = canary_verdict(options(project, samples=1, out=tmp_path / "again"), {})
    assert verdict.facts.fail_on == "never"
