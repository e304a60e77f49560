"""The workflows that `init` writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from agentcrewops.workflows import our_ref, repository_root, workflow_files

WRITTEN = workflow_files("agents/triage")
TEXTS = sorted(WRITTEN.items())


def test_a_pull_request_gate_one_for_forks_a_nightly_and_a_baseline_are_written() -> None:
    assert set(WRITTEN) == {
        ".github/workflows/agentcrewops.yml",
        ".github/workflows/agentcrewops-baseline.yml",
        ".github/workflows/agentcrewops-forks.yml",
        ".github/workflows/agentcrewops-nightly.yml",
    }


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(name: str, text: str) -> None:
    uses = re.findall(r"uses: (\S+)@(\S+) # (v[\d.]+)", text)
    assert len(uses) == text.count("uses:")
    assert all(re.fullmatch("[0-9a-f]{40}", commit) for _, commit, _ in uses)


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_no_job_may_more_than_it_says(name: str, text: str) -> None:
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert all(job["permissions"] and job["timeout-minutes"] for job in workflow["jobs"].values())


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_nothing_a_stranger_writes_starts_them_with_secrets(name: str, text: str) -> None:
    triggers = set(yaml.safe_load(text)[True])  # YAML 1.1 reads `on:` as true
    assert not triggers & {"pull_request_target", "issue_comment"}
    assert "workflow_run" not in triggers or "checkout" not in text


def test_paths_begin_where_the_agent_is() -> None:
    assert "suite: agents/triage/suite.yaml" in WRITTEN[".github/workflows/agentcrewops.yml"]
    assert "spec: agents/triage/agent.yaml" in WRITTEN[".github/workflows/agentcrewops.yml"]


def test_an_agent_at_the_root_needs_no_path() -> None:
    assert "suite: suite.yaml" in workflow_files("")[".github/workflows/agentcrewops.yml"]


def test_they_go_to_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert repository_root(tmp_path / "agents" / "triage") == tmp_path.resolve()


def test_our_own_actions_are_pinned_to_the_commit_that_wrote_them() -> None:
    assert re.fullmatch(r"([0-9a-f]{40} # )?v[\d.]+", our_ref())
