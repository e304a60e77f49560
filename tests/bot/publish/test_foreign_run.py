"""What a fork's run left behind is data: refused with a reason, or shown as that run's claim."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.github.artifacts import CannotUseArtifact
from bot.github.errors import CannotFetchArtifact, CannotReadRun
from bot.publish.foreign_run import ForeignRun, fetch_run
from evals.report.folder import read_results as read_folder
from evals.report.folder import render_results, write_results
from evals.report.result import CanaryResult
from evals.results.facts import Facts
from evals.results.verdict import verdict_document
from security_pack.findings.findings_file import write_assessment
from tests.bot.conftest import REPO, Door
from tests.bot.samples import breach, drift
from tests.fakes.archives import zipped
from tests.fakes.github import FakeGitHub

NAME = "agentcrewops-results"

Fetch = Callable[..., ForeignRun]


@pytest.fixture
def number(fake: FakeGitHub) -> int:
    """A fork's pull request."""
    return fake.add_pull(REPO, fork=True, author="mallory", head="change")


@pytest.fixture
def head(fake: FakeGitHub, number: int) -> str:
    return fake.pull(REPO, number).head_sha


@pytest.fixture
def fetch(fake: FakeGitHub, door: Door, head: str, tmp_path: Path) -> Fetch:
    """Fetch a run at the fork's head that left these files."""

    def fetched(files: Mapping[str, str | bytes] | bytes, *, name: str = NAME, **run: Any) -> ForeignRun:
        about = {"sha": head, "branch": "change", "head_repo": "mallory/shop", **run}
        started = fake.add_run(REPO, **about)
        fake.add_artifact(REPO, started.id, name, files)
        return fetch_run(door(), started.id, NAME, tmp_path / "out")

    return fetched


def files_at(commit: str | None, tmp_path: Path) -> dict[str, bytes]:
    """Files as our own run writes them."""
    results, folder = drift(), tmp_path / "theirs"
    assert results.verdict is not None
    assert results.samples is not None
    folder.mkdir(exist_ok=True)
    write_results(folder, replace(results.verdict, commit=commit), replace(results.samples, commit=commit))
    render_results(folder, CanaryResult(*read_folder(folder)))
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def changed(data: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(data), **changes}).encode()


def test_a_decent_artifact_is_read_and_told_as_a_claim(fetch: Fetch, head: str, tmp_path: Path) -> None:
    foreign = fetch(files_at(head, tmp_path))
    assert foreign.results.verdict is not None
    assert (foreign.results.verdict.verdict, foreign.results.trusted) == ("drift", False)


def test_the_pull_request_is_the_one_that_github_knows(
    fetch: Fetch, head: str, number: int, tmp_path: Path
) -> None:
    foreign = fetch({**files_at(head, tmp_path), "pr_number.txt": "1", "pr.json": '{"number": 1}'})
    assert [pull.number for pull in foreign.pulls] == [number]


def test_a_commit_that_heads_no_open_pull_request_has_none(
    fake: FakeGitHub, fetch: Fetch, head: str, number: int, tmp_path: Path
) -> None:
    fake.close_pull(REPO, number)
    assert fetch(files_at(head, tmp_path)).pulls == ()


def test_a_push_to_a_branch_of_the_same_name_elsewhere_is_not_the_pull_request(
    fetch: Fetch, head: str, tmp_path: Path
) -> None:
    assert fetch(files_at(head, tmp_path), head_repo=REPO).pulls == ()


def test_its_pages_are_never_used_and_made_anew(fetch: Fetch, head: str, tmp_path: Path) -> None:
    fetch({**files_at(head, tmp_path), "report.html": "<script>theirs</script>" * 450_000})
    page = (tmp_path / "out" / "report.html").read_text()
    assert "theirs" not in page
    assert "refund_over_limit" in page


def test_files_of_an_earlier_call_do_not_complete_it(fetch: Fetch, head: str, tmp_path: Path) -> None:
    fetch(files_at(head, tmp_path))
    with pytest.raises(CannotUseArtifact, match="holds no result of ours"):
        fetch({"readme.txt": "nothing"})
    assert not (tmp_path / "out" / "verdict.json").exists()


def test_findings_are_read_too(fetch: Fetch, head: str, tmp_path: Path) -> None:
    assessment = breach().assessment
    assert assessment is not None
    write_assessment(tmp_path, replace(assessment, commit=head))
    foreign = fetch({"findings.json": (tmp_path / "findings.json").read_bytes()})
    assert foreign.results.assessment is not None


@pytest.mark.parametrize("commit", ["0" * 40, None])
def test_results_of_another_commit_are_refused(fetch: Fetch, tmp_path: Path, commit: str | None) -> None:
    with pytest.raises(CannotUseArtifact, match="of another commit"):
        fetch(files_at(commit, tmp_path))


def test_a_verdict_and_runs_of_different_manifests_are_refused(
    fetch: Fetch, head: str, tmp_path: Path
) -> None:
    files = files_at(head, tmp_path)
    with pytest.raises(CannotUseArtifact, match="different manifests"):
        fetch({**files, "verdict.json": changed(files["verdict.json"], fingerprint="other")})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"schema_version": 3}, "newer than 2"),
        ({"verdict": "pass\n/approve"}, "verdict"),
        ({"broken_cases": "all"}, "broken_cases"),
        ({"extra": 1}, "extra"),
        ({"infra_errors": 10**30}, "nobody measured"),
    ],
)
def test_json_of_another_shape_is_refused_with_the_reason(
    fetch: Fetch, head: str, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    files = files_at(head, tmp_path)
    with pytest.raises(CannotUseArtifact, match=why):
        fetch({**files, "verdict.json": changed(files["verdict.json"], **changes)})


def test_a_newer_findings_file_says_upgrade(fetch: Fetch) -> None:
    with pytest.raises(CannotUseArtifact, match="is of version 9"):
        fetch({"findings.json": '{"schema_version": 9}'})


def test_texts_among_the_facts_are_dropped(fetch: Fetch, head: str, tmp_path: Path) -> None:
    files = files_at(head, tmp_path)
    facts = {"pass_k": "](https://evil.example)", "fail_on": "never", "minimum_detectable_drop": 0.1}
    foreign = fetch({**files, "verdict.json": changed(files["verdict.json"], facts=facts)})
    assert foreign.results.verdict is not None
    assert foreign.results.verdict.facts == Facts(more={"minimum_detectable_drop": 0.1})


@pytest.mark.parametrize("entry", ["../verdict.json", "/verdict.json"])
def test_a_zip_that_climbs_writes_nothing(fetch: Fetch, tmp_path: Path, entry: str) -> None:
    with pytest.raises(CannotUseArtifact, match="outside of it"):
        fetch(zipped((entry, b"{}")))
    assert not (tmp_path / "out").exists()


def test_the_last_artifact_of_the_name_counts(
    fake: FakeGitHub, door: Door, head: str, tmp_path: Path
) -> None:
    run = fake.add_run(REPO, sha=head, branch="change", head_repo="mallory/shop")
    fake.add_artifact(REPO, run.id, NAME, b"an earlier attempt")
    fake.add_artifact(REPO, run.id, NAME, files_at(head, tmp_path))
    fake.add_artifact(REPO, run.id, "other", b"")
    assert fetch_run(door(), run.id, NAME, tmp_path / "out").results.verdict is not None


def test_a_run_without_the_artifact_says_so(fetch: Fetch) -> None:
    with pytest.raises(CannotUseArtifact, match="left none named 'agentcrewops-results'"):
        fetch({"verdict.json": "{}"}, name="elsewhere")


def test_an_unknown_run_is_named(fake: FakeGitHub, door: Door, tmp_path: Path) -> None:
    with pytest.raises(CannotReadRun, match="the workflow run could not be read"):
        fetch_run(door(), 404, NAME, tmp_path)


def test_a_token_that_may_not_read_actions_is_named(
    fake: FakeGitHub, door: Door, head: str, tmp_path: Path
) -> None:
    run = fake.add_run(REPO, sha=head)
    with pytest.raises(CannotReadRun, match=r"permissions: \{ actions: read \}"):
        fetch_run(door({"checks": "write"}), run.id, NAME, tmp_path)


@pytest.mark.parametrize("status", [502, 429])
def test_a_download_is_tried_again(
    fake: FakeGitHub, fetch: Fetch, head: str, tmp_path: Path, status: int
) -> None:
    fake.fail("GET */zip", status=status)
    assert fetch(files_at(head, tmp_path)).results.verdict is not None


def test_a_download_that_is_too_long_is_stopped(fake: FakeGitHub, door: Door, head: str) -> None:
    run = fake.add_run(REPO, sha=head)
    fake.add_artifact(REPO, run.id, NAME, b"x" * 5_000)
    github = door()
    (artifact,) = github.artifacts(run.id)
    with pytest.raises(CannotFetchArtifact, match="longer than"):
        github.fetch(artifact, 1_000)


def test_the_schema_of_the_verdict_is_what_we_write(tmp_path: Path) -> None:
    verdict = drift().verdict
    assert verdict is not None
    assert verdict_document(verdict)["schema_version"] == 2
