"""What the fake remembers: accounts, repositories, pulls, comments, checks, runs, apps and tokens."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.fakes.github.git import GitRepository

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
LEVELS = ("none", "read", "write", "admin")
ACTIONS_APP_ID = 15368


@dataclass(slots=True)
class JudgeAccount:
    """A user, an organisation or a bot."""

    id: int
    login: str
    type: str = "User"


@dataclass(slots=True)
class Label:
    id: int
    name: str
    color: str
    description: str | None = None


@dataclass(slots=True)
class Reaction:
    id: int
    author: str
    content: str
    created: str


@dataclass(slots=True)
class Comment:
    """A comment on an issue or a pull."""

    id: int
    number: int
    author: str
    body: str
    created: str
    updated: str
    app_id: int | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True)
class Issue:
    """An issue; a pull request is an issue with `pull`."""

    id: int
    number: int
    author: str
    title: str
    body: str | None
    created: str
    updated: str
    state: str = "open"
    closed: str | None = None
    closed_by: str | None = None
    locked: bool = False
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    pull: Pull | None = None


@dataclass(slots=True)
class Pull:
    """What a pull request has more than an issue. `head_repo` is a full name, None once deleted."""

    head_repo: str | None
    head_branch: str
    head_sha: str
    base_branch: str
    base_sha: str
    draft: bool = False
    merged_at: str | None = None
    merged_by: str | None = None
    merge_sha: str | None = None
    maintainer_can_modify: bool = False


@dataclass(slots=True)
class Status:
    id: int
    sha: str
    context: str
    state: str
    description: str | None
    target_url: str | None
    author: str
    created: str


@dataclass(slots=True)
class CheckSuite:
    id: int
    app_id: int
    sha: str
    branch: str | None
    created: str


@dataclass(slots=True)
class CheckRun:
    """A check run; `output` and `annotations` as they were written."""

    id: int
    suite: CheckSuite
    name: str
    sha: str
    status: str
    conclusion: str | None
    started: str
    completed: str | None
    details_url: str | None
    external_id: str
    output: dict[str, Any]
    annotations: list[dict[str, Any]]
    actions: list[dict[str, str]]


@dataclass(slots=True)
class Artifact:
    """A zip of files; `content` is what is downloaded, whatever that is."""

    id: int
    run_id: int
    name: str
    content: bytes
    created: str
    expires: str
    expired: bool = False


@dataclass(slots=True)
class WorkflowRun:
    id: int
    number: int
    workflow: str
    event: str
    status: str
    conclusion: str | None
    head_branch: str
    head_sha: str
    head_repo: str
    author: str
    created: str
    attempt: int = 1
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Sarif:
    id: str
    sha: str
    ref: str
    document: Any
    errors: list[str]


@dataclass(slots=True)
class Repository:
    """One repository and all that hangs on it."""

    id: int
    owner: str
    name: str
    private: bool
    git: GitRepository
    created: str
    default_branch: str = "main"
    parent: str | None = None
    root: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    suites: list[CheckSuite] = field(default_factory=list)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    runs: dict[int, WorkflowRun] = field(default_factory=dict)
    artifacts: dict[int, Artifact] = field(default_factory=dict)
    sarifs: dict[str, Sarif] = field(default_factory=dict)
    protected: set[str] = field(default_factory=set)
    code_scanning: bool = True

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def role(self, login: str | None) -> str:
        """What this login may do here: one of ROLES."""
        if login is None:
            return "none" if self.private else "read"
        known = "admin" if login.lower() == self.owner.lower() else self.roles.get(login.lower())
        return known or ("none" if self.private else "read")

    def next_number(self) -> int:
        return max(self.issues, default=0) + 1


@dataclass(slots=True)
class App:
    """A GitHub App. `key` is its public key as PEM; `permissions` is what it asks for."""

    id: int
    slug: str
    name: str
    owner: str
    permissions: dict[str, str]
    key: bytes = b""
    client_id: str = ""
    events: tuple[str, ...] = ()
    hook_url: str = ""
    hook_secret: str = ""
    content_type: str = "json"

    @property
    def login(self) -> str:
        return f"{self.slug}[bot]"


@dataclass(slots=True)
class Installation:
    """An App on an account; `repositories` None is all of them."""

    id: int
    app_id: int
    account: str
    permissions: dict[str, str]
    repositories: set[str] | None
    created: str


@dataclass(slots=True)
class Token:
    """A credential and what it may do.

    `kind`: actions (GITHUB_TOKEN), installation (of an App), user (`permissions` None is a classic one),
    or app (a JWT). `repositories` holds lower-case full names, None is no limit.
    """

    value: str = field(repr=False)
    kind: str
    login: str
    permissions: dict[str, str] | None
    repositories: set[str] | None = None
    app_id: int | None = None
    installation_id: int | None = None
    expires: float | None = None
    limit: int = 5000
    used: int = 0
    reset: float = 0.0

    def may(self, scope: str, level: str) -> bool:
        """Whether the permissions reach this level of this scope."""
        if self.permissions is None:
            return True
        held = "read" if scope == "metadata" else self.permissions.get(scope, "none")
        return LEVELS.index(held) >= LEVELS.index(level)


@dataclass(slots=True)
class World:
    """All of it, and where its times and numbers come from."""

    folder: Path
    clock: Callable[[], float] = time.time
    accounts: dict[str, JudgeAccount] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    installations: dict[int, Installation] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    url: str = ""
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    def now(self) -> str:
        """The time as GitHub writes it."""
        return instant(self.clock())

    def account(self, login: str, kind: str | None = None) -> JudgeAccount:
        """The account of this login, made when it is new."""
        known = self.accounts.get(login.lower())
        if known is None:
            kind = kind or ("Bot" if login.endswith("[bot]") else "User")
            known = self.accounts[login.lower()] = JudgeAccount(next(self.ids), login, kind)
        return known

    def repository(self, full_name: str) -> Repository:
        """The repository of this name, in any case of letters; KeyError when there is none."""
        return self.repositories[full_name.lower()]

    def pulls(self) -> list[tuple[Repository, Issue, Pull]]:
        """Every pull request there is."""
        return [(r, i, i.pull) for r in self.repositories.values() for i in r.issues.values() if i.pull]


def instant(seconds: float) -> str:
    """Seconds since 1970 as GitHub writes a time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
