"""While the unchanged agent is down there is one issue; when it is up again there is none."""

from __future__ import annotations

import pytest

from bot.github.errors import CannotPublishIssue
from bot.message.links import Links
from bot.message.results import Results
from bot.publish.issues import put_issue
from evals.results.verdict import VerdictKind
from tests.bot.conftest import REPO, Door
from tests.bot.inert import what_acts
from tests.bot.samples import HOSTILE, drift, hostile, of_kind
from tests.fakes.github import FakeGitHub

WRITE = {"issues": "write"}
LINKS = Links("e81f0c2a" * 5)


def put(door: Door, results: Results, key: str = "crew") -> int | None:
    return put_issue(door(WRITE), results, key, LINKS)


def issues(fake: FakeGitHub) -> dict[int, str]:
    return {number: issue.state for number, issue in fake.repo(REPO).issues.items()}


def test_a_drift_opens_an_issue_that_says_what_fell(fake: FakeGitHub, door: Door) -> None:
    number = put(door, drift())
    assert number is not None
    issue = fake.repo(REPO).issues[number]
    assert issue.title.startswith("Nightly canary of ")
    assert "Drift" in (issue.body or "")


def test_night_after_night_it_is_the_same_issue(fake: FakeGitHub, door: Door) -> None:
    numbers = {put(door, drift()) for _ in range(3)}
    assert len(numbers) == len(issues(fake)) == 1


@pytest.mark.parametrize("kind", [VerdictKind.UNDECIDED, VerdictKind.NOT_MEASURED, VerdictKind.NO_BASELINE])
def test_what_could_not_be_told_neither_opens_nor_closes(
    fake: FakeGitHub, door: Door, kind: VerdictKind
) -> None:
    assert put(door, of_kind(kind)) is None
    number = put(door, drift())
    put(door, of_kind(kind))
    assert issues(fake) == {number: "open"}


def test_a_pass_closes_it_and_the_next_drift_opens_another(fake: FakeGitHub, door: Door) -> None:
    first = put(door, drift())
    put(door, of_kind(VerdictKind.PASS))
    second = put(door, drift())
    assert issues(fake) == {first: "closed", second: "open"}


def test_two_agents_of_a_repository_have_an_issue_each(fake: FakeGitHub, door: Door) -> None:
    assert put(door, drift(), "triage") != put(door, drift(), "billing")


def test_an_issue_of_somebody_else_with_our_marker_is_not_ours(fake: FakeGitHub, door: Door) -> None:
    stranger = fake.add_issue(REPO, author="mallory", body="<!-- agentcrewops:crew -->\nours?")
    put(door, of_kind(VerdictKind.PASS))
    assert issues(fake) == {stranger: "open"}


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_model_said_acts_in_it(fake: FakeGitHub, door: Door, text: str) -> None:
    number = put(door, hostile(text))
    body = fake.repo(REPO).issues[number].body if number else ""
    assert what_acts(body or "") == []


def test_without_the_permission_it_says_which(fake: FakeGitHub, door: Door) -> None:
    with pytest.raises(CannotPublishIssue, match="issues: write"):
        put_issue(door({"contents": "read"}), drift(), "crew", LINKS)
