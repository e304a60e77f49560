"""What is on GitHub, as far as we look at it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request. `head_repository` is None if its fork was deleted."""

    number: int
    state: str
    head_sha: str
    head_repository: str | None
    base_ref: str
    author: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a conversation. `author` is a login, of an App with [bot] at its end; `body` is hostile text."""

    id: int
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """A check run that is there. `annotations` is how many GitHub has taken so far."""

    id: int
    external_id: str
    completed: bool
    annotations: int
    url: str


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run of a workflow, perhaps of a fork's code. `head_repository` is None if its fork was deleted."""

    id: int
    event: str
    head_sha: str
    head_branch: str
    head_repository: str | None


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a run left behind, before it is fetched. `size` is in bytes, as GitHub counts the zip."""

    id: int
    name: str
    size: int
    expired: bool
