"""The whole walk: from results to what a pull request shows, with every permission missing in turn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from bot.actions.environment import ActionsEnvironment, EventPull
from bot.message.annotations import Checkout
from bot.message.comments import marker
from bot.message.results import Results
from bot.publish.publishing import (
    Publication,
    PublishOptions,
    outputs_of,
    publication_of,
    refuse_stale,
    send,
    target_of,
    worst_of,
)
from evals.gate.gate import decide
from evals.results.facts import FailOn
from evals.results.verdict import VerdictKind
from evals.suite.suite_file import GateSettings
from security_pack.findings import findings
from tests.bot.conftest import ALL, REPO, Door, Waited
from tests.bot.samples import OTHER_SHA, SHA, breach, drift, of_kind
from tests.evals.sample_results import candidate_result
from tests.fakes.github import FakeGitHub
from tests.fakes.step_files import as_the_runner_reads


@pytest.fixture
def number(fake: FakeGitHub) -> int:
    return fake.add_pull(REPO)


@pytest.fixture
def environment(fake: FakeGitHub, number: int, tmp_path: Path) -> ActionsEnvironment:
    """A job of that pull request."""
    head = fake.pull(REPO, number).head_sha
    return ActionsEnvironment(
        REPO,
        fake.head(REPO),
        run_id=5,
        api_url=fake.url,
        pull=EventPull(number, head, REPO),
        step_summary=tmp_path / "summary",
        output=tmp_path / "output",
        workspace=tmp_path,
    )


def publication(
    environment: ActionsEnvironment, results: Results | None = None, comment: bool = True
) -> Publication:
    target, options = target_of(environment, None), PublishOptions(check_name="crew", comment=comment)
    return publication_of(results or drift(), Checkout(environment.workspace), target, options)


def test_a_drift_is_a_check_a_comment_a_summary_and_outputs(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment, number: int, tmp_path: Path
) -> None:
    published = send(publication(environment), door(), environment)
    assert (published.shown_as, published.commented, published.notes) == ("check", number, ())
    (check,) = fake.check_runs(REPO, environment.head_sha)
    (comment,) = fake.comments(REPO, number)
    assert f"[Check, with every failing case]({published.check_url})" in comment.body
    assert (tmp_path / "summary").read_text() == comment.body.removeprefix(marker("crew") + "\n")
    outputs = as_the_runner_reads((tmp_path / "output").read_text())
    assert (outputs["verdict"], outputs["success-rate"], check.conclusion) == ("drift", "0.782", "failure")


def test_publishing_again_changes_nothing(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment
) -> None:
    for _ in range(2):
        send(publication(environment), door(), environment)
    assert [entry.method for entry in fake.log if entry.writes and "graphql" not in entry.path] == [
        "POST",
        "POST",
    ]


def test_no_comment_if_none_is_wanted(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment, number: int
) -> None:
    published = send(publication(environment, comment=False), door(), environment)
    assert (published.commented, fake.comments(REPO, number)) == (None, [])


def test_a_push_to_a_branch_has_a_check_and_no_comment(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment
) -> None:
    pushed = replace(environment, pull=None)
    published = send(publication(pushed), door(), pushed)
    assert (published.shown_as, published.commented) == ("check", None)
    assert fake.check_runs(REPO, fake.head(REPO))


def test_a_head_that_moved_on_keeps_its_comment_and_the_old_commit_its_check(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment, number: int
) -> None:
    fake.push(REPO, "change", {"agent.yaml": "new"})
    published = send(publication(environment), door(), environment)
    assert fake.check_runs(REPO, environment.head_sha)
    assert fake.comments(REPO, number) == []
    assert "moved on" in published.notes[0]
    assert not published.failed


def test_without_checks_a_status_is_set(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment
) -> None:
    github = door({name: level for name, level in ALL.items() if name != "checks"})
    published = send(publication(environment), github, environment)
    (status,) = fake.statuses(REPO, environment.head_sha)
    assert (published.shown_as, status.state) == ("status", "failure")
    assert "permissions: { checks: write }" in published.notes[0]


def test_a_forks_token_leaves_the_step_summary_which_says_it_all(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment, number: int, tmp_path: Path
) -> None:
    assert environment.pull is not None
    fork = replace(environment, pull=replace(environment.pull, head_repository="mallory/shop"))
    published = send(publication(fork), door(ALL, fork=True), fork)
    assert (published.shown_as, published.commented, published.failed) == ("summary", None, False)
    assert "workflow_run" in published.notes[-1]
    assert "## ❌ Drift" in (tmp_path / "summary").read_text()
    assert fake.check_runs(REPO) == []
    assert fake.comments(REPO, number) == []


def test_a_token_that_may_nothing_outside_actions_shows_nothing_and_fails(
    door: Door, environment: ActionsEnvironment
) -> None:
    bare = replace(environment, step_summary=None, output=None)
    published = send(publication(bare), door({}), bare)
    assert (published.shown_as, published.failed) == ("nothing", True)


CALLS = ["GET */check-runs", "POST */check-runs", "GET */pulls/*", "GET */comments", "POST */comments"]


@pytest.mark.parametrize("status", [0, 403, 404, 422, 429, 502])
@pytest.mark.parametrize("call", CALLS)
def test_one_call_refused_for_ever_loses_only_what_it_was_for(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment, tmp_path: Path, call: str, status: int
) -> None:
    fake.fail(call, status=status, times=None)
    published = send(publication(environment), door(), environment)
    lost_check = "check-runs" in call
    assert published.shown_as == ("status" if lost_check else "check")
    assert (published.commented is None) is not lost_check
    assert len(published.notes) == 1
    assert not published.failed
    assert "## ❌ Drift" in (tmp_path / "summary").read_text()


def test_a_github_that_answers_nothing_at_all_fails_the_job(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment, waited: Waited, tmp_path: Path
) -> None:
    fake.fail(status=502, times=None)
    published = send(publication(environment), door(), environment)
    assert published.failed
    assert (tmp_path / "summary").exists()
    assert sum(waited.seconds) == 3 * (1 + 2 + 4 + 8)


@pytest.mark.parametrize("kind", VerdictKind)
def test_every_verdict_can_be_published(
    fake: FakeGitHub, door: Door, environment: ActionsEnvironment, kind: VerdictKind
) -> None:
    assert send(publication(environment, of_kind(kind)), door(), environment).shown_as == "check"


def test_findings_alone_can_be_published(
    fake: FakeGitHub,
    door: Door,
    environment: ActionsEnvironment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    send(publication(environment, breach()), door(), environment)
    (check,) = fake.check_runs(REPO)
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [("agent.yaml", 18)]
    assert as_the_runner_reads((tmp_path / "output").read_text())["verdict"] == "breach"


def test_results_of_another_commit_are_refused(environment: ActionsEnvironment) -> None:
    with pytest.raises(InvalidInput, match="are of commit e81f0c2ae81f, but this job is about"):
        refuse_stale(drift(), environment)


@pytest.mark.parametrize("sha", [SHA, OTHER_SHA])
def test_results_of_the_head_and_of_its_merge_commit_are_accepted(sha: str) -> None:
    environment = ActionsEnvironment(REPO, sha, pull=EventPull(1, SHA, REPO))
    refuse_stale(drift(), environment)
    refuse_stale(of_kind(VerdictKind.PASS), environment)


@pytest.mark.parametrize(("fail_on", "code"), [(FailOn.DRIFT, 1), (FailOn.NEVER, 0)])
def test_the_exit_code_is_that_of_the_verdict(
    environment: ActionsEnvironment, fail_on: FailOn, code: int
) -> None:
    options = PublishOptions(check_name="crew", fail_on=fail_on)
    ready = publication_of(drift(), Checkout(environment.workspace), target_of(environment, None), options)
    assert ready.exit_code == code


@pytest.mark.parametrize(
    ("canary", "guardian", "worst"),
    [
        (VerdictKind.PASS, findings.Conclusion.BREACH, "breach"),
        (VerdictKind.NO_BASELINE, findings.Conclusion.PASS, "no_baseline"),
        (VerdictKind.PASS, findings.Conclusion.INCONCLUSIVE, "inconclusive"),
        (VerdictKind.NOT_MEASURED, findings.Conclusion.BREACH, "breach"),
        (VerdictKind.DRIFT, findings.Conclusion.PASS, "drift"),
        (VerdictKind.PASS, findings.Conclusion.PASS, "pass"),
    ],
)
def test_the_output_verdict_is_the_worst_of_the_two(
    canary: VerdictKind, guardian: findings.Conclusion, worst: str
) -> None:
    assessment = findings.Assessment(guardian, "in short", "triage", "sim:x")
    assert worst_of(replace(of_kind(canary), assessment=assessment)) == worst


def test_a_candidate_without_a_baseline_has_a_success_rate(tmp_path: Path) -> None:
    alone = decide(None, candidate_result(), GateSettings())
    outputs = outputs_of(Results(alone, candidate_result()), tmp_path)
    assert 0 < float(outputs["success-rate"]) < 1
    assert (outputs["verdict"], outputs["ci-low"]) == ("no_baseline", "")
