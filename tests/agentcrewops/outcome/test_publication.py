"""What is published, of which commit, and what is refused before GitHub hears of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from agentcrewops.outcome.publication import NOWHERE, publish_results
from bot.publish.publishing import PublishOptions
from evals.results.facts import FailOn
from tests.agentcrewops.result_folders import written
from tests.bot.samples import SHA, drift


@pytest.fixture
def options(tmp_path: Path) -> PublishOptions:
    """A dry run of a drift."""
    return PublishOptions((written(tmp_path / "out", drift()),), suite=tmp_path / "suite.yaml", dry_run=True)


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"check_name": ""}, "--check-name"),
        ({"check_name": "x" * 101}, "--check-name"),
        ({"check_name": "a\nb"}, "--check-name"),
        ({"report_url": "javascript:alert(1)"}, "--report-url"),
    ],
)
def test_arguments_that_cannot_be_shown_are_refused(
    options: PublishOptions, change: dict[str, str], flag: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        publish_results(replace(options, **change), {})  # type: ignore[arg-type]
    assert [problem.file for problem in refused.value.problems] == [flag]


def test_outside_a_job_the_commit_is_that_of_the_results(
    options: PublishOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish_results(replace(options, as_json=True), {}) == 1
    [call] = json.loads(capsys.readouterr().out)["check"]
    assert call["head_sha"] == SHA


def test_results_that_know_no_commit_are_of_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = drift()
    assert results.verdict is not None
    assert results.samples is not None
    unknown = replace(
        results,
        verdict=replace(results.verdict, commit=None),
        samples=replace(results.samples, commit=None),
    )
    publish_results(PublishOptions((written(tmp_path, unknown),), dry_run=True, as_json=True), {})
    assert json.loads(capsys.readouterr().out)["check"][0]["head_sha"] == NOWHERE


def test_in_a_job_a_dry_run_refuses_results_of_another_commit(options: PublishOptions) -> None:
    job = {"GITHUB_REPOSITORY": "acme/shop", "GITHUB_SHA": "0" * 39 + "1"}
    with pytest.raises(InvalidInput, match="are of commit e81f0c2ae81f"):
        publish_results(options, job)


def test_another_run_s_results_go_to_one_folder_only(options: PublishOptions) -> None:
    job = {"GITHUB_REPOSITORY": "acme/shop", "GITHUB_SHA": SHA, "GITHUB_TOKEN": "t"}
    two = replace(options, folders=(*options.folders, Path("other")), from_run=7)
    with pytest.raises(InvalidInput, match="writes to one folder"):
        publish_results(two, job)


def test_a_dry_run_leaves_as_the_real_one_would(options: PublishOptions) -> None:
    assert publish_results(replace(options, fail_on=FailOn.NEVER), {}) == 0


def test_what_an_agent_said_cannot_write_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = drift()
    assert results.verdict is not None
    hostile = replace(results, verdict=replace(results.verdict, headline="**DRIFT** — \x1b[2J\u202e"))
    publish_results(PublishOptions((written(tmp_path, hostile),), dry_run=True), {})
    assert not set(capsys.readouterr().out) & set("\x1b\u202e")
