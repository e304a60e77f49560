"""What a job of GitHub Actions knows about itself: its environment and its event, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import read_text, strict_json

TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the name of the variable
REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9._-]{1,100}")
# 64 digits in a repository of SHA-256: https://git-scm.com/docs/hash-function-transition
SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[\w./-]*)?")


@dataclass(frozen=True, slots=True)
class EventPull:
    """The pull request that the event is about, as it was when the job began. `base_sha` is where it wants to go."""

    number: int
    head_sha: str
    head_repository: str | None
    base_sha: str | None = None


@dataclass(frozen=True, slots=True)
class ActionsEnvironment:
    """One job.

    Attributes:
        sha: what was checked out; for a pull request, a merge commit that GitHub made.
        pull: None outside `pull_request` events.
        ref: what was checked out, as in refs/heads/main.
        triggering_run: of a `workflow_run` event, the run that ended.
        step_summary, output: the files a step writes to; None outside Actions.
        workspace: the checkout; annotations are relative to it.
        token: "" if there is none.
    """

    repository: str
    sha: str
    ref: str = ""
    run_id: int | None = None
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"
    event_name: str = ""
    pull: EventPull | None = None
    triggering_run: int | None = None
    step_summary: Path | None = None
    output: Path | None = None
    workspace: Path = field(default_factory=Path)
    token: str = field(default="", repr=False)

    @property
    def head_sha(self) -> str:
        """The commit that people know: the pull request's head, never its merge commit.

        https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
        """
        return self.pull.head_sha if self.pull else self.sha

    @property
    def from_fork(self) -> bool:
        """True if the pull request comes from another repository, so that the token may only read.

        https://docs.github.com/en/actions/concepts/security/github_token
        """
        return self.pull is not None and self.pull.head_repository != self.repository

    @property
    def run_url(self) -> str | None:
        """The page of this run, with its log and artifacts."""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}" if self.run_id else None


def read_environment(environ: Mapping[str, str]) -> ActionsEnvironment:
    """The job that `environ` describes.

    Raises:
        InvalidInput: with every variable that is missing or cannot be right.
    """
    problems = [
        Problem(name, None, f"is {environ.get(name)!r}" if environ.get(name) else "is not set", fix)
        for name, pattern, fix in _NEEDED
        if not pattern.fullmatch(environ.get(name) or _DEFAULTS.get(name, ""))
    ]
    if problems:
        raise InvalidInput(problems)
    event = _event(environ)
    return ActionsEnvironment(
        repository=environ["GITHUB_REPOSITORY"],
        sha=environ["GITHUB_SHA"],
        ref=environ.get("GITHUB_REF", ""),
        run_id=_number(environ.get("GITHUB_RUN_ID")),
        api_url=_address(environ, "GITHUB_API_URL"),
        server_url=_address(environ, "GITHUB_SERVER_URL"),
        event_name=environ.get("GITHUB_EVENT_NAME", ""),
        pull=_pull(event),
        triggering_run=_triggering_run(event),
        step_summary=_path(environ, "GITHUB_STEP_SUMMARY"),
        output=_path(environ, "GITHUB_OUTPUT"),
        workspace=_path(environ, "GITHUB_WORKSPACE") or Path(),
        token=environ.get(TOKEN, "").strip(),
    )


# https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables
_DEFAULTS = {"GITHUB_API_URL": "https://api.github.com", "GITHUB_SERVER_URL": "https://github.com"}
_IN_ACTIONS = "Actions sets it; elsewhere, use  --dry-run  or set it"
_NEEDED = (
    ("GITHUB_REPOSITORY", REPOSITORY, f"write  owner/name; {_IN_ACTIONS}"),
    ("GITHUB_SHA", SHA, f"write the whole commit id; {_IN_ACTIONS}"),
    ("GITHUB_API_URL", _ADDRESS, "write an address, as in https://api.github.com"),
    ("GITHUB_SERVER_URL", _ADDRESS, "write an address, as in https://github.com"),
)


def _address(environ: Mapping[str, str], name: str) -> str:
    return (environ.get(name) or _DEFAULTS[name]).rstrip("/")


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _event(environ: Mapping[str, str]) -> Mapping[str, Any]:
    path = _path(environ, "GITHUB_EVENT_PATH")
    if path is None:
        return {}
    try:
        event = strict_json(read_text(path))
    except ValueError as error:
        raise InvalidInput.one(
            path, f"is not the JSON of an event: {error}", "unset GITHUB_EVENT_PATH"
        ) from None
    return event if isinstance(event, Mapping) else {}


def _pull(event: Mapping[str, Any]) -> EventPull | None:
    number, head_sha = _at(event, "pull_request", "number"), _at(event, "pull_request", "head", "sha")
    if not isinstance(number, int) or not isinstance(head_sha, str) or not SHA.fullmatch(head_sha):
        return None
    repository = _at(event, "pull_request", "head", "repo", "full_name")
    base_sha = _at(event, "pull_request", "base", "sha")
    return EventPull(
        number,
        head_sha,
        repository if isinstance(repository, str) else None,
        base_sha if isinstance(base_sha, str) and SHA.fullmatch(base_sha) else None,
    )


def _triggering_run(event: Mapping[str, Any]) -> int | None:
    number = _at(event, "workflow_run", "id")
    return number if isinstance(number, int) else None


def _at(data: Any, *path: str) -> Any:
    """The value at `path`; None where there is none: a deleted fork has no repository."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
