"""One pull request for one file: opened, brought up to date, never forced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.github.errors import CannotPropose
from bot.publish.proposals import Proposal, propose
from tests.bot.conftest import REPO, Door
from tests.fakes.github import FakeGitHub

WRITE = {"contents": "write", "pull-requests": "write"}
BRANCH, FILE = "agentcrewops/baseline-support", "baselines/support.json"


def proposal(fake: FakeGitHub, content: bytes = b"new") -> Proposal:
    return Proposal(BRANCH, "main", fake.head(REPO), FILE, content, "Refresh the baseline", "Measured.")


def pulls(fake: FakeGitHub) -> dict[int, str]:
    return {number: issue.state for number, issue in fake.repo(REPO).issues.items() if issue.pull}


def test_a_new_file_is_proposed_on_a_branch_of_ours(fake: FakeGitHub, door: Door) -> None:
    number = propose(door(WRITE), proposal(fake))
    assert number is not None
    assert fake.pull(REPO, number).base_branch == "main"
    assert fake.read(REPO, BRANCH, FILE) == b"new"


def test_a_file_that_says_so_already_needs_no_pull_request(fake: FakeGitHub, door: Door) -> None:
    fake.push(REPO, "main", {FILE: "new"})
    assert propose(door(WRITE), proposal(fake)) is None
    assert pulls(fake) == {}


def test_the_next_week_brings_the_same_pull_request_up_to_date(fake: FakeGitHub, door: Door) -> None:
    first = propose(door(WRITE), proposal(fake))
    second = propose(door(WRITE), proposal(fake, b"newer"))
    assert first == second
    assert fake.read(REPO, BRANCH, FILE) == b"newer"


def test_after_somebody_closed_it_the_branch_is_begun_anew(fake: FakeGitHub, door: Door) -> None:
    first = propose(door(WRITE), proposal(fake))
    assert first is not None
    fake.close_pull(REPO, first)
    fake.push(REPO, "main", {"agent.yaml": "agent: { name: other }\n"})
    second = propose(door(WRITE), proposal(fake))
    assert second != first
    assert fake.read(REPO, BRANCH, "agent.yaml") == b"agent: { name: other }\n"


@pytest.mark.parametrize("call", range(1, 8))
def test_a_call_that_fails_is_made_up_for_by_the_next_try(fake: FakeGitHub, door: Door, call: int) -> None:
    fake.fail(call, status=422)
    try:
        propose(door(WRITE), proposal(fake))
    except CannotPropose:
        propose(door(WRITE), proposal(fake))
    assert list(pulls(fake).values()) == ["open"]
    assert fake.read(REPO, BRANCH, FILE) == b"new"


@pytest.mark.parametrize("call", range(1, 8))
def test_an_answer_that_is_lost_does_not_do_it_twice(fake: FakeGitHub, door: Door, call: int) -> None:
    fake.fail(call, status=502, late=True)
    propose(door(WRITE), proposal(fake))
    assert list(pulls(fake).values()) == ["open"]


def test_without_the_permission_it_says_which(fake: FakeGitHub, door: Door) -> None:
    with pytest.raises(CannotPropose, match="contents: write"):
        propose(door({"contents": "read", "pull-requests": "write"}), proposal(fake))


def test_a_name_with_odd_characters_is_a_name(fake: FakeGitHub, door: Door) -> None:
    odd = replace(proposal(fake), path="baselines/sup port#1.json")
    assert propose(door(WRITE), odd) is not None
