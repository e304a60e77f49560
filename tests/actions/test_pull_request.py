"""The workflows that `init` writes for pull requests: four shards, Guardian, one report; and what a fork may."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.actions.conftest import PR_GATE, SHOP, Project

pytestmark = pytest.mark.actions


def test_shards_and_guardian_become_one_check_one_comment_and_code_scanning(measured: Project) -> None:
    number = measured.pull({"README.md": "hello"})
    ran = measured.run_pull(number)
    assert ran.code == 0, ran.text
    assert ran.output("verdict") == "pass"
    assert measured.check().conclusion == "success"
    assert "Guardian" in measured.comment(number)
    assert measured.github.sarifs(SHOP)


def test_a_shard_that_is_missing_measures_nothing_whatever_the_others_say(
    measured: Project, tmp_path: Path
) -> None:
    number = measured.pull({"README.md": "hello"})
    ran = measured.run_pull(number, with_shards(measured, tmp_path, '["1/2"]'))
    assert "Report" in " ".join(ran.jobs("failure"))
    assert ran.output("verdict") == "not_measured"
    assert measured.check().conclusion == "action_required"
    assert "shard 2" in measured.comment(number).lower()


def test_a_fork_is_judged_without_writing_and_published_as_a_claim(measured: Project, tmp_path: Path) -> None:
    number = measured.pull({"README.md": "hello"}, fork=True)
    ran = measured.run_pull(number, with_shards(measured, tmp_path, '["1/2", "2/2"]'), fork=True)
    assert ran.code == 0, ran.text
    assert not measured.github.comments(SHOP, number)
    head = measured.github.pull(SHOP, number)
    run = measured.github.add_run(SHOP, sha=head.head_sha, branch="change", head_repo="mallory/shop")
    kept = measured.runner.store / "artifacts" / "agentcrewops-report--AgentCrewOps"
    files = {file.name: file.read_bytes() for file in kept.iterdir() if file.is_file()}
    measured.github.add_artifact(SHOP, run.id, kept.name, files)
    payload = {"workflow_run": measured.get(f"/repos/{SHOP}/actions/runs/{run.id}"), "action": "completed"}
    permissions = {"actions": "read", "checks": "write", "contents": "read", "pull_requests": "write"}
    ran = measured.run_main("workflow_run", payload, "agentcrewops-forks.yml", permissions)
    assert ran.code == 0, ran.text
    assert measured.check().conclusion == "neutral"
    assert "claim" in measured.comment(number)


def with_shards(project: Project, folder: Path, shards: str) -> Path:
    """The workflow that `init` wrote, with other shards."""
    text, four = project.text(str(PR_GATE)), '["1/4", "2/4", "3/4", "4/4"]'
    assert four in text
    workflow = folder / "shards.yml"
    workflow.write_text(text.replace(four, shards), encoding="utf-8")
    return workflow
