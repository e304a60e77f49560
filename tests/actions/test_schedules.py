"""What runs without a pull request: the nightly canary and the weekly baseline."""

from __future__ import annotations

import pytest

from tests.actions.conftest import BASELINE, SHOP, Project

pytestmark = pytest.mark.actions


def test_a_drift_at_night_opens_one_issue_and_its_end_closes_it(measured: Project) -> None:
    permissions = {"checks": "write", "contents": "read", "issues": "write"}
    prompt = measured.text("prompts/system.md")
    for text in (measured.text("prompts/system.proposed.md"), prompt):
        measured.commit({"prompts/system.md": text})
        ran = measured.run_main("schedule", {}, "agentcrewops-nightly.yml", permissions)
    (issue,) = (issue for issue in measured.github.repo(SHOP).issues.values() if not issue.pull)
    assert (ran.code, issue.state) == (0, "closed"), ran.text
    assert "refund_asked_twice" in (issue.body or "")


def test_a_new_baseline_is_proposed_never_pushed(project: Project) -> None:
    permissions = {"contents": "write", "pull_requests": "write"}
    ran = project.run_main("schedule", {}, "agentcrewops-baseline.yml", permissions)
    assert ran.code == 0, ran.text
    pull = project.github.pull(SHOP, int(ran.output("pull-request")))
    assert (pull.base_branch, pull.head_branch) == ("main", "agentcrewops/baseline-support-triage")
    assert project.github.read(SHOP, pull.head_branch, BASELINE)
