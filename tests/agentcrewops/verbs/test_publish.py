"""`agentcrewops publish` as a job calls it: environment and folders in, a check and an exit code out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.message.results import Results
from evals.results.verdict import VerdictKind
from tests.agentcrewops.conftest import Shell
from tests.agentcrewops.result_folders import written
from tests.bot.samples import SHA, drift
from tests.fakes.github import FakeGitHub

if TYPE_CHECKING:
    from tests.fakes.github.openapi import OpenApi

REPO = "acme/shop"
WRITES = {"checks": "write", "pull-requests": "write", "statuses": "write", "actions": "read"}
HEAVY = {"litellm", "scipy", "numpy", "sqlalchemy", "alembic", "aiohttp", "opentelemetry", "google"}


def at(commit: str, kind: VerdictKind = VerdictKind.DRIFT) -> Results:
    """The drift, measured at that commit; or another verdict."""
    results = drift()
    assert results.verdict is not None
    assert results.samples is not None
    verdict = replace(results.verdict, commit=commit, verdict=kind)
    return replace(results, verdict=verdict, samples=replace(results.samples, commit=commit))


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No job of GitHub Actions, whatever runs these tests."""
    for name in (
        "REPOSITORY",
        "SHA",
        "EVENT_PATH",
        "EVENT_NAME",
        "TOKEN",
        "STEP_SUMMARY",
        "OUTPUT",
        "WORKSPACE",
        "ACTIONS",
    ):
        monkeypatch.delenv(f"GITHUB_{name}", raising=False)


@pytest.fixture
def fake(
    monkeypatch: pytest.MonkeyPatch, outside: None, tmp_path: Path, github_schemas: OpenApi | None
) -> Iterator[FakeGitHub]:
    """A job of a pull request of acme/shop."""
    with FakeGitHub(schemas=github_schemas) as fake:
        fake.add_repo(REPO)
        number = fake.add_pull(REPO)
        job(fake, number, monkeypatch, tmp_path)
        yield fake
        assert fake.violations == []


def job(fake: FakeGitHub, number: int, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    head = fake.pull(REPO, number).head_sha
    event = {"pull_request": {"number": number, "head": {"sha": head, "repo": {"full_name": REPO}}}}
    (folder / "event.json").write_text(json.dumps(event))
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": REPO,
        "GITHUB_SHA": fake.head(REPO),
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_API_URL": fake.url,
        "GITHUB_TOKEN": fake.token("actions", WRITES),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_WORKSPACE": str(folder),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


# --- dry run ----------------------------------------------------------------------------------------------


def test_a_dry_run_prints_check_and_comment_and_needs_nothing(
    shell: Shell, outside: None, tmp_path: Path
) -> None:
    written(tmp_path / "canary-out", drift())
    said = shell("publish", "--dry-run", cwd=tmp_path)
    assert said.code == 1
    assert f"check agentcrewops at {SHA[:12]}: failure\nDrift: 93" in said.out
    assert "--- comment ---\n<!-- agentcrewops:agentcrewops -->\n## ❌ Drift" in said.out


def test_a_dry_run_as_json_holds_the_calls(shell: Shell, outside: None, tmp_path: Path) -> None:
    written(tmp_path / "canary-out", drift())
    facts = json.loads(shell("publish", "--dry-run", "--json", "--no-comment", cwd=tmp_path).out)
    assert [call["conclusion"] for call in facts["check"]] == ["failure"]
    assert facts["comment"] is None
    assert facts["outputs"]["verdict"] == "drift"


def test_a_dry_run_loads_nothing_heavy(outside: None, tmp_path: Path) -> None:
    written(tmp_path / "canary-out", drift())
    script = (
        "import sys; sys.argv = ['agentcrewops', 'publish', '--dry-run']\n"
        "from agentcrewops.cli import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(eval(done.stdout.splitlines()[-1]))


def test_the_door_to_github_loads_nothing_heavy_either() -> None:
    script = (
        "import sys, bot.github.repository, bot.publish.foreign_run; "
        "print(sorted({n.partition('.')[0] for n in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not HEAVY & set(eval(done.stdout))


# --- for real ---------------------------------------------------------------------------------------------


def test_a_drift_is_shown_and_leaves_with_1(shell: Shell, fake: FakeGitHub, tmp_path: Path) -> None:
    head = fake.pull(REPO, 1).head_sha
    written(tmp_path / "canary-out", at(head))
    said = shell("publish", cwd=tmp_path)
    assert (said.code, said.err) == (1, "")
    assert "comment: on pull request 1" in said.out
    assert [check.conclusion for check in fake.check_runs(REPO, head)] == ["failure"]
    assert len(fake.comments(REPO, 1)) == 1
    assert "verdict<<" in (tmp_path / "output").read_text()
    assert (tmp_path / "summary").exists()


@pytest.mark.parametrize(
    ("kind", "fail_on", "code"),
    [
        (VerdictKind.PASS, "drift", 0),
        (VerdictKind.UNDECIDED, "drift", 0),
        (VerdictKind.UNDECIDED, "undecided", 1),
        (VerdictKind.DRIFT, "never", 0),
        (VerdictKind.NOT_MEASURED, "never", 3),
    ],
)
def test_the_exit_code_is_that_of_the_verdict(
    shell: Shell, fake: FakeGitHub, tmp_path: Path, kind: VerdictKind, fail_on: str, code: int
) -> None:
    written(tmp_path / "canary-out", at(fake.pull(REPO, 1).head_sha, kind))
    assert shell("publish", "--fail-on", fail_on, cwd=tmp_path).code == code


def test_each_check_name_has_a_check_and_a_comment_of_its_own(
    shell: Shell, fake: FakeGitHub, tmp_path: Path
) -> None:
    written(tmp_path / "canary-out", at(fake.pull(REPO, 1).head_sha))
    for name in ("refunds", "parcels", "refunds"):
        shell("publish", "--check-name", name, cwd=tmp_path)
    assert sorted(check.name for check in fake.check_runs(REPO)) == ["parcels", "refunds"]
    assert len(fake.comments(REPO, 1)) == 2


def test_what_became_of_it_as_json(shell: Shell, fake: FakeGitHub, tmp_path: Path) -> None:
    written(tmp_path / "canary-out", at(fake.pull(REPO, 1).head_sha))
    facts = json.loads(shell("publish", "--json", cwd=tmp_path).out)
    assert (facts["conclusion"], facts["shown_as"], facts["commented"], facts["notes"]) == (
        "failure",
        "check",
        1,
        [],
    )


def test_a_message_of_github_is_no_command_to_the_runner(
    shell: Shell, fake: FakeGitHub, tmp_path: Path
) -> None:
    written(tmp_path / "canary-out", at(fake.pull(REPO, 1).head_sha, VerdictKind.PASS))
    fake.fail("POST */comments", status=422, body={"message": "no\n::error::x ##[add-mask]y \x1b[31m"})
    said = shell("publish", cwd=tmp_path)
    assert said.code == 0
    assert "note: the comment was not written" in said.err
    assert not any(line.lstrip().startswith("::") for line in said.err.splitlines())
    assert "##[" not in said.err
    assert "\x1b" not in said.err


def test_results_of_another_commit_are_refused(shell: Shell, fake: FakeGitHub, tmp_path: Path) -> None:
    written(tmp_path / "canary-out", drift())
    said = shell("publish", cwd=tmp_path)
    assert (said.code, fake.check_runs(REPO)) == (2, [])
    assert "results: are of commit e81f0c2ae81f" in said.err


def test_a_missing_token_says_what_to_write(
    shell: Shell, fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    written(tmp_path / "canary-out", at(fake.pull(REPO, 1).head_sha))
    said = shell("publish", cwd=tmp_path)
    assert said.code == 2
    assert "env: { GITHUB_TOKEN: ${{ github.token }} }" in said.err


# --- another run's results --------------------------------------------------------------------------------


def test_after_workflow_run_the_forks_pull_request_is_told(
    shell: Shell, fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = fake.add_pull(REPO, fork=True, author="mallory", head="change")
    head = fake.pull(REPO, number).head_sha
    theirs = written(tmp_path / "theirs", at(head))
    run = fake.add_run(REPO, sha=head, branch="change", head_repo="mallory/shop")
    fake.add_artifact(
        REPO, run.id, "agentcrewops-results", {f.name: f.read_bytes() for f in theirs.iterdir()}
    )
    (tmp_path / "event.json").write_text(json.dumps({"workflow_run": {"id": run.id}}))
    monkeypatch.setenv("GITHUB_EVENT_NAME", "workflow_run")
    said = shell("publish", "ours", cwd=tmp_path)
    assert said.code == 1
    assert [check.conclusion for check in fake.check_runs(REPO, head)] == ["failure"]
    (comment,) = fake.comments(REPO, number)
    assert "that run's claim" in comment.body
    assert (tmp_path / "ours" / "report.html").exists()


def test_a_hostile_artifact_leaves_with_2_and_shows_nothing(
    shell: Shell, fake: FakeGitHub, tmp_path: Path
) -> None:
    run = fake.add_run(REPO, sha=fake.head(REPO))
    fake.add_artifact(REPO, run.id, "agentcrewops-results", {"../verdict.json": "{}"})
    said = shell("publish", "ours", "--from-run", run.id, cwd=tmp_path)
    assert (said.code, fake.check_runs(REPO)) == (2, [])
    assert "error: the run's artifact is refused: it has an entry outside of it" in said.err
