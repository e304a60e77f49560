from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from bot.actions.environment import read_environment

SHA, HEAD = "a" * 40, "b" * 40
BASIC = {"GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": SHA}


def with_event(tmp_path: Path, event: Any) -> dict[str, str]:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event))
    return {**BASIC, "GITHUB_EVENT_PATH": str(file)}


def pull_event(head: str = HEAD, repository: str | None = "o/r") -> dict[str, Any]:
    repo = {"full_name": repository} if repository else None
    return {"pull_request": {"number": 7, "head": {"sha": head, "repo": repo}}}


def test_the_head_of_a_pull_request_counts_and_not_its_merge_commit(tmp_path: Path) -> None:
    environment = read_environment(with_event(tmp_path, pull_event()))
    assert (environment.head_sha, environment.sha) == (HEAD, SHA)
    assert environment.pull is not None
    assert environment.pull.number == 7


def test_without_a_pull_request_the_checked_out_commit_counts() -> None:
    assert read_environment(BASIC).head_sha == SHA


@pytest.mark.parametrize(("repository", "fork"), [("o/r", False), ("mallory/r", True), (None, True)])
def test_a_fork_is_known_by_its_repository(tmp_path: Path, repository: str | None, fork: bool) -> None:
    assert read_environment(with_event(tmp_path, pull_event(repository=repository))).from_fork is fork


def test_the_run_that_ended_is_read_from_its_event(tmp_path: Path) -> None:
    assert read_environment(with_event(tmp_path, {"workflow_run": {"id": 99}})).triggering_run == 99


def test_the_page_of_the_run_is_known() -> None:
    environment = read_environment(
        {**BASIC, "GITHUB_RUN_ID": "5", "GITHUB_SERVER_URL": "https://ghe.example/"}
    )
    assert environment.run_url == "https://ghe.example/o/r/actions/runs/5"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as error:
        read_environment({"GITHUB_SHA": "main", "GITHUB_API_URL": "file:///etc"})
    assert [problem.file for problem in error.value.problems] == [
        "GITHUB_REPOSITORY",
        "GITHUB_SHA",
        "GITHUB_API_URL",
    ]


@pytest.mark.parametrize("repository", ["../r", "o/r/x", "o", "o/r?x=1", "-/r\n"])
def test_a_repository_cannot_lead_elsewhere(repository: str) -> None:
    with pytest.raises(InvalidInput, match="GITHUB_REPOSITORY"):
        read_environment({**BASIC, "GITHUB_REPOSITORY": repository})


@pytest.mark.parametrize(
    "event", [[], {"pull_request": None}, {"pull_request": {"number": "7"}}, pull_event("main")]
)
def test_an_event_that_is_no_pull_request_has_none(tmp_path: Path, event: Any) -> None:
    assert read_environment(with_event(tmp_path, event)).pull is None


def test_an_event_that_is_not_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "e").write_text("{")
    with pytest.raises(InvalidInput, match="not the JSON of an event"):
        read_environment({**BASIC, "GITHUB_EVENT_PATH": str(tmp_path / "e")})


def test_the_token_is_in_no_words_about_the_environment() -> None:
    assert "ghs_secret" not in repr(read_environment({**BASIC, "GITHUB_TOKEN": "ghs_secret"}))
