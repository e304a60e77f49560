"""One repository on GitHub: the few calls we make, each bounded, retried with patience, and safe to repeat.

The only door to PyGithub, which signs the requests and renews an App's token; what is sent is written out here.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from agent_runtime.errors import InvalidInput, MissingExtra
from bot.github.errors import (
    CannotFetchArtifact,
    CannotPropose,
    CannotPublishCheck,
    CannotPublishComment,
    CannotPublishFindings,
    CannotPublishIssue,
    CannotPublishStatus,
    CannotReach,
    CannotReadPermission,
    CannotReadPull,
    CannotReadRun,
)
from bot.github.records import Artifact, CheckRecord, Comment, Pull, WorkflowRun
from bot.github.retry import Patience, is_rate_limit

try:
    import github
except ImportError:
    raise MissingExtra("talking to GitHub", "github") from None

TIMEOUT_SECONDS = 20
PAGE = 100
"""The most that a list gives at a time.

https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""
MOST_PAGES = 100
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?")
_USER_AGENT = "agentcrewops"
_NOT_THERE = 404


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as it passes; tests give one that does not wait."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Connection:
    """Where GitHub is, and how we talk to it.

    Attributes:
        repository: owner/name
        seconds_between_writes: GitHub asks for one
            (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api).
    """

    api_url: str
    repository: str
    patience: Patience = field(default_factory=Patience)
    clock: Clock = field(default_factory=Clock)
    seconds_between_writes: float = 1.0


def with_token(connection: Connection, token: str) -> GitHub:
    """The repository, as the owner of `token` may use it."""
    return GitHub(connection, github.Auth.Token(token))


def as_installation(
    connection: Connection, app_id: str, private_key: str, installation: int, permissions: Mapping[str, str]
) -> GitHub:
    """The repository, as one installation of an App may use it, with these permissions and no others.

    Raises:
        InvalidInput: no permissions are named, which GitHub would read as all that the App has.
    """
    if not permissions:
        raise InvalidInput.one(
            "permissions", "none is named, which would mean all", 'write  {"checks": "write"}'
        )
    app = github.Auth.AppAuth(app_id, private_key)
    return GitHub(connection, app.get_installation_auth(installation, dict(permissions)))


class GitHub:
    """One repository. Every call raises a `CannotReach` that is named after what it did not do."""

    def __init__(self, connection: Connection, auth: github.Auth.Auth) -> None:
        self._connection = connection
        self._client = github.Github(
            auth=auth,
            base_url=connection.api_url,
            timeout=TIMEOUT_SECONDS,
            user_agent=_USER_AGENT,
            retry=None,  # it repeats a POST without looking whether the first was carried out
            seconds_between_requests=0,
            seconds_between_writes=connection.seconds_between_writes,
        )
        self._root = f"/repos/{connection.repository}"

    # --- who we are -------------------------------------------------------------------------------------------

    def login(self) -> str | None:
        """The name our comments carry; None if this token cannot tell."""
        query = {"query": "query { viewer { login } }"}
        try:
            answer = self._ask(CannotReach, "POST", self._client.requester.graphql_url, query, absolute=True)
        except CannotReach:
            return None
        viewer = (answer.get("data") or {}).get("viewer") or {} if isinstance(answer, dict) else {}
        return viewer.get("login")

    def permission(self, login: str) -> str:
        """What a person may do here now: admin, maintain, write, triage, read or none."""
        if not _LOGIN.fullmatch(login):  # it would become a part of the path
            raise CannotReadPermission(None, "that is nobody's login")
        answer = self._ask(CannotReadPermission, "GET", f"/collaborators/{login}/permission")
        return str(answer.get("role_name") or answer["permission"])

    # --- pull requests ----------------------------------------------------------------------------------------

    def pull(self, number: int) -> Pull:
        """The pull request as it is now."""
        return _pull(self._ask(CannotReadPull, "GET", f"/pulls/{number}"))

    def open_pulls_at(self, sha: str, head_repository: str | None, head_branch: str) -> tuple[Pull, ...]:
        """The open pull requests whose head is this commit of this branch, lowest number first."""
        if head_repository is None:
            return ()
        head = f"{head_repository.partition('/')[0]}:{head_branch}"
        there = self._pages(CannotReadPull, "/pulls", {"state": "open", "head": head})
        pulls = sorted((_pull(data) for data in there), key=lambda pull: pull.number)
        return tuple(p for p in pulls if p.head_sha == sha and p.head_repository == head_repository)

    # --- comments ---------------------------------------------------------------------------------------------

    def comments(self, number: int) -> Iterator[Comment]:
        """Every comment of a pull request's conversation, oldest first."""
        return map(_comment, self._pages(CannotPublishComment, f"/issues/{number}/comments"))

    def create_comment(self, number: int, body: str) -> Comment:
        """A new comment."""
        path = f"/issues/{number}/comments"
        newest: Callable[[], Any] = lambda: next(  # noqa: E731 - only here
            (data for data in self._pages(CannotPublishComment, path) if data.get("body") == body), None
        )
        return _comment(self._ask(CannotPublishComment, "POST", path, {"body": body}, made=newest))

    def edit_comment(self, comment_id: int, body: str) -> Comment:
        """Other words in the same place."""
        path = f"/issues/comments/{comment_id}"
        return _comment(self._ask(CannotPublishComment, "PATCH", path, {"body": body}))

    def delete_comment(self, comment_id: int) -> None:
        """No such comment any more; one that is gone already is fine."""
        try:
            self._ask(CannotPublishComment, "DELETE", f"/issues/comments/{comment_id}")
        except CannotPublishComment as refused:
            if refused.status not in {404, 410}:
                raise

    # --- checks and statuses ----------------------------------------------------------------------------------

    def checks(self, sha: str, name: str) -> Iterator[CheckRecord]:
        """The check runs of this name on a commit."""
        path, query = f"/commits/{sha}/check-runs", {"check_name": name, "filter": "all"}
        return map(_check, self._pages(CannotPublishCheck, path, query, inside="check_runs"))

    def create_check(self, body: Mapping[str, Any]) -> CheckRecord:
        """A new check run; `body` as GitHub wants it, with an external_id of its own."""
        sha, name, ours = body["head_sha"], body["name"], body["external_id"]
        path, query = f"/commits/{sha}/check-runs", {"check_name": name, "filter": "all"}
        there: Callable[[], Any] = lambda: next(  # noqa: E731 - only here
            (
                data
                for data in self._pages(CannotPublishCheck, path, query, inside="check_runs")
                if data.get("external_id") == ours
            ),
            None,
        )
        return _check(self._ask(CannotPublishCheck, "POST", "/check-runs", body, made=there))

    def update_check(self, check_id: int, body: Mapping[str, Any], annotations: int) -> CheckRecord:
        """A part more of a check run, which then has this many annotations: GitHub appends those it is sent."""
        path = f"/check-runs/{check_id}"

        def taken() -> Any:
            data = self._ask(CannotPublishCheck, "GET", path)
            return data if _check(data).annotations >= annotations else None

        return _check(self._ask(CannotPublishCheck, "PATCH", path, body, made=taken))

    def set_status(self, sha: str, body: Mapping[str, Any]) -> None:
        """A commit status; the newest of a context counts, so that it can be sent again."""
        self._ask(CannotPublishStatus, "POST", f"/statuses/{sha}", body)

    # --- issues -----------------------------------------------------------------------------------------------

    def open_issues_by(self, login: str) -> Iterator[Comment]:
        """The open issues that `login` opened, newest first; a comment's id is here the issue's number."""
        query = {"state": "open", "creator": login}
        there = self._pages(CannotPublishIssue, "/issues", query)
        return (_issue(data) for data in there if "pull_request" not in data)

    def create_issue(self, title: str, body: str) -> Comment:
        """A new issue."""
        newest: Callable[[], Any] = lambda: next(  # noqa: E731 - only here
            (data for data in self._pages(CannotPublishIssue, "/issues") if data.get("body") == body), None
        )
        return _issue(
            self._ask(CannotPublishIssue, "POST", "/issues", {"title": title, "body": body}, made=newest)
        )

    def edit_issue(self, number: int, changes: Mapping[str, str]) -> None:
        """Another title, body or state."""
        self._ask(CannotPublishIssue, "PATCH", f"/issues/{number}", changes)

    # --- code scanning ----------------------------------------------------------------------------------------

    def upload_sarif(self, sha: str, ref: str, sarif: bytes) -> None:
        """Show the findings of a SARIF file at a commit; sent twice, they are shown once."""
        packed = base64.b64encode(gzip.compress(sarif, mtime=0)).decode()
        body = {"commit_sha": sha, "ref": ref, "sarif": packed, "tool_name": "AgentCrewOps Guardian"}
        self._ask(CannotPublishFindings, "POST", "/code-scanning/sarifs", body)

    # --- a branch of ours, and its pull request ---------------------------------------------------------------

    def branch_head(self, branch: str) -> str | None:
        """The commit of a branch; None if there is no such branch."""
        try:
            answer = self._ask(CannotPropose, "GET", f"/git/ref/heads/{quote(branch)}")
        except CannotPropose as refused:
            if refused.status == _NOT_THERE:
                return None
            raise
        return str(answer["object"]["sha"])

    def create_branch(self, branch: str, sha: str) -> None:
        """A new branch at a commit."""
        body = {"ref": f"refs/heads/{branch}", "sha": sha}
        self._ask(CannotPropose, "POST", "/git/refs", body, made=lambda: self.branch_head(branch))

    def delete_branch(self, branch: str) -> None:
        """No such branch any more."""
        self._ask(CannotPropose, "DELETE", f"/git/refs/heads/{quote(branch)}")

    def file(self, path: str, branch: str) -> tuple[str, bytes] | None:
        """A file's blob id and content on a branch; None if it is not there."""
        try:
            answer = self._ask(CannotPropose, "GET", f"/contents/{quote(path)}", query={"ref": branch})
        except CannotPropose as refused:
            if refused.status == _NOT_THERE:
                return None
            raise
        return str(answer["sha"]), base64.b64decode(answer.get("content") or "")

    def write_file(self, path: str, content: bytes, message: str, branch: str, blob: str | None) -> None:
        """One commit on `branch` that changes one file; `blob` is what it replaces, None a new file."""
        body = {"message": message, "content": base64.b64encode(content).decode(), "branch": branch}
        there: Callable[[], Any] = lambda: (  # noqa: E731 - only here
            found if (found := self.file(path, branch)) and found[1] == content else None
        )
        replaced = {"sha": blob} if blob else {}
        self._ask(CannotPropose, "PUT", f"/contents/{quote(path)}", {**body, **replaced}, made=there)

    def open_pull_from(self, branch: str) -> Pull | None:
        """The open pull request of a branch of this repository."""
        head = f"{self._connection.repository.partition('/')[0]}:{branch}"
        there = self._pages(CannotPropose, "/pulls", {"state": "open", "head": head})
        return next((_pull(data) for data in there), None)

    def open_pull(self, branch: str, base: str, title: str, body: str) -> Pull:
        """A new pull request."""
        wanted = {"title": title, "head": branch, "base": base, "body": body}
        found: Callable[[], Any] = lambda: next(  # noqa: E731 - only here
            self._pages(
                CannotPropose, "/pulls", {"head": f"{self._connection.repository.partition('/')[0]}:{branch}"}
            ),
            None,
        )
        return _pull(self._ask(CannotPropose, "POST", "/pulls", wanted, made=found))

    def edit_pull(self, number: int, title: str, body: str) -> None:
        """Another title and body."""
        self._ask(CannotPropose, "PATCH", f"/pulls/{number}", {"title": title, "body": body})

    # --- workflow runs and what they leave behind -------------------------------------------------------------

    def run(self, run_id: int) -> WorkflowRun:
        """One run of a workflow."""
        return _run(self._ask(CannotReadRun, "GET", f"/actions/runs/{run_id}"))

    def artifacts(self, run_id: int) -> tuple[Artifact, ...]:
        """What the run left behind, in the order of their ids."""
        path = f"/actions/runs/{run_id}/artifacts"
        there = self._pages(CannotReadRun, path, inside="artifacts")
        return tuple(sorted((_artifact(data) for data in there), key=lambda artifact: artifact.id))

    def fetch(self, artifact: Artifact, most_bytes: int) -> bytes:
        """The artifact's zip.

        Raises:
            CannotFetchArtifact: also if it is longer than `most_bytes`, of which no more are read.
        """
        path = f"/actions/artifacts/{artifact.id}/zip"
        for attempt in range(1, self._connection.patience.tries + 1):
            # The address is good for a minute and belongs to another host, which must not see our token.
            # https://docs.github.com/en/rest/actions/artifacts#download-an-artifact
            address = self._ask(CannotFetchArtifact, "GET", path, location=True)
            try:
                return _download(self._safe(address), most_bytes)
            except urllib.error.HTTPError as error:
                self._wait(CannotFetchArtifact, attempt, error.code, {}, str(error.reason))
            except OSError as error:
                self._wait(CannotFetchArtifact, attempt, None, {}, type(error).__name__)
        raise AssertionError("patience ends before its tries do")

    def _safe(self, address: str) -> str:
        """A download must not leave the ground that the API itself is on: no file:, no http behind https."""
        ours, theirs = urlsplit(self._connection.api_url), urlsplit(address)
        if theirs.scheme != "https" and (theirs.scheme, theirs.hostname) != (ours.scheme, ours.hostname):
            raise CannotFetchArtifact(302, "it leads to an address that is not https")
        return address

    # --- one call ---------------------------------------------------------------------------------------------

    def _pages(
        self,
        refusal: type[CannotReach],
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        inside: str | None = None,
    ) -> Iterator[Any]:
        """Everything of a list, page by page."""
        for page in range(1, MOST_PAGES + 1):
            answer = self._ask(refusal, "GET", path, query={**(query or {}), "per_page": PAGE, "page": page})
            items = answer[inside] if inside else answer
            yield from items
            if len(items) < PAGE:
                return

    def _ask(
        self,
        refusal: type[CannotReach],
        verb: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        made: Callable[[], Any] | None = None,
        absolute: bool = False,
        location: bool = False,
    ) -> Any:
        """The JSON of the answer, or with `location` the address it leads to.

        Args:
            made: looks whether a call that seemed to fail was carried out all the same; for calls that
                must not be carried out twice.
        """
        address = path if absolute else f"{self._root}{path}"
        attempt = 0
        while True:
            attempt += 1
            status, headers, text = self._once(verb, address, query, body)
            if location and status in {301, 302, 303, 307, 308} and "location" in headers:
                return headers["location"]
            data = _json(text)
            if status is not None and 200 <= status < 300 and not location:
                return data
            self._wait(refusal, attempt, status, headers, _message(data, text))
            # GitHub may have carried it out and lost only the answer.
            if made is not None and (found := made()) is not None:
                return found

    def _once(
        self, verb: str, address: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> tuple[int | None, Mapping[str, str], str]:
        try:
            return self._client.requester.requestJson(verb, address, dict(query or {}), None, body)
        except OSError as error:  # of requests, too; its words may hold addresses, so only its name is told
            return None, {}, type(error).__name__
        except github.GithubException as error:  # an App's token was refused
            return error.status, {k.lower(): v for k, v in (error.headers or {}).items()}, str(error.message)

    def _wait(
        self,
        refusal: type[CannotReach],
        attempt: int,
        status: int | None,
        headers: Mapping[str, str],
        said: str,
    ) -> None:
        """Wait as long as the answer deserves.

        Raises:
            CannotReach: it deserves no further try.
        """
        clock = self._connection.clock
        seconds = self._connection.patience.wait(attempt, status, headers, said, clock.now())
        if seconds is None:
            raise refusal(status, said, limited=is_rate_limit(status, headers, said))
        clock.sleep(seconds)


def _download(address: str, most_bytes: int) -> bytes:
    request = urllib.request.Request(address, headers={"User-Agent": _USER_AGENT})  # noqa: S310 - checked by _safe
    with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
        data: bytes = answer.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise CannotFetchArtifact(200, f"it is longer than {most_bytes // 1_000_000} MB")
    return data


class _NoFurther(urllib.request.HTTPRedirectHandler):
    """One redirect was GitHub's; a second would be anybody's."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoFurther)


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _message(data: Any, text: str) -> str:
    """What GitHub says of a refusal: its message and the first of its errors, or the beginning of a page."""
    if not isinstance(data, dict):
        return " ".join(text[:200].split()) or "nothing was said"
    errors = data.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else ""
    detail = first.get("message") or first.get("code") or "" if isinstance(first, dict) else first
    return ": ".join(str(part) for part in (data.get("message"), detail) if part) or "nothing was said"


def _pull(data: Any) -> Pull:
    head = data["head"]
    return Pull(
        number=data["number"],
        state=data["state"],
        head_sha=head["sha"],
        head_repository=(head.get("repo") or {}).get("full_name"),
        base_ref=data["base"]["ref"],
        author=(data.get("user") or {}).get("login", ""),
    )


def _comment(data: Any) -> Comment:
    return Comment(data["id"], (data.get("user") or {}).get("login", ""), data.get("body") or "")


def _issue(data: Any) -> Comment:
    return Comment(data["number"], (data.get("user") or {}).get("login", ""), data.get("body") or "")


def _check(data: Any) -> CheckRecord:
    return CheckRecord(
        id=data["id"],
        external_id=data.get("external_id") or "",
        completed=data["status"] == "completed",
        annotations=(data.get("output") or {}).get("annotations_count") or 0,
        url=data.get("html_url") or "",
    )


def _run(data: Any) -> WorkflowRun:
    return WorkflowRun(
        id=data["id"],
        event=data["event"],
        head_sha=data["head_sha"],
        head_branch=data.get("head_branch") or "",
        head_repository=(data.get("head_repository") or {}).get("full_name"),
    )


def _artifact(data: Any) -> Artifact:
    return Artifact(data["id"], data["name"], data["size_in_bytes"], bool(data.get("expired")))
