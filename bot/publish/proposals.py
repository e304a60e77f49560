"""A pull request of ours that changes one file: opened, or brought up to date; never merged, never forced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # PyGithub is an extra
    from bot.github.repository import GitHub


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed.

    Attributes:
        branch: ours alone; what is on it without an open pull request is thrown away.
        base: the branch it should go to, and `base_sha` its commit.
        path: of the file, from the root of the repository.
    """

    branch: str
    base: str
    base_sha: str
    path: str
    content: bytes
    title: str
    body: str


def propose(github: GitHub, proposal: Proposal) -> int | None:
    """The number of the pull request; None if the file says so already.

    Raises:
        CannotPropose: GitHub refused a step; doing it again goes on from there.
    """
    there = github.file(proposal.path, proposal.base)
    if there is not None and there[1] == proposal.content:
        return None
    pull = github.open_pull_from(proposal.branch)
    if pull is None:
        _begin(github, proposal)
    on_branch = github.file(proposal.path, proposal.branch)
    if on_branch is None or on_branch[1] != proposal.content:
        blob = on_branch[0] if on_branch else None
        github.write_file(proposal.path, proposal.content, proposal.title, proposal.branch, blob)
    if pull is None:
        return github.open_pull(proposal.branch, proposal.base, proposal.title, proposal.body).number
    github.edit_pull(pull.number, proposal.title, proposal.body)
    return pull.number


def _begin(github: GitHub, proposal: Proposal) -> None:
    """A branch at the base; one that an ended pull request left is begun anew."""
    if github.branch_head(proposal.branch) is not None:
        github.delete_branch(proposal.branch)
    github.create_branch(proposal.branch, proposal.base_sha)
