"""`FakeGitHub`: the fake as a test holds it. Its methods are what people and GitHub itself do; clients use `url`."""

from __future__ import annotations

import contextlib
import io
import itertools
import secrets
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from tests.fakes.github import git_http
from tests.fakes.github.access import read_only
from tests.fakes.github.api import Api, Schemas
from tests.fakes.github.client import Client
from tests.fakes.github.endpoints import ROUTES
from tests.fakes.github.endpoints.actions import blob, start_run
from tests.fakes.github.events import TIMEOUT_SECONDS, Delivery, Events
from tests.fakes.github.faults import At, Faults, Interruption, fault_reply, secondary_limit
from tests.fakes.github.git import Files, GitRepository, Who
from tests.fakes.github.heads import Heads
from tests.fakes.github.log import Log, Logged, loggable
from tests.fakes.github.server import LoopbackServer
from tests.fakes.github.shapes import Json, Shapes
from tests.fakes.github.state import (
    ACTIONS_APP_ID,
    App,
    Artifact,
    CheckRun,
    Comment,
    Installation,
    Issue,
    Pull,
    Repository,
    Sarif,
    Status,
    Token,
    WorkflowRun,
    World,
    instant,
)
from tests.fakes.github.wire import Reply, Request

DEFAULT_ACTIONS_PERMISSIONS = {"contents": "read", "packages": "read"}
_FIRST_COMMIT = datetime(2026, 1, 1, tzinfo=UTC)


class FakeGitHub:
    """A GitHub of your own, from `with FakeGitHub() as fake:` until the end of the block.

    Numbers of API calls are counted from 1; a fault `at=3` hits the third call from now.
    """

    def __init__(
        self,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        schemas: Schemas | None = None,
        log_file: Path | None = None,
        webhook_timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fake-github-"))
        self.world = World(self._folder, clock)
        self.events = Events(self.world, webhook_timeout)
        self.log = Log(log_file)
        self._faults = Faults()
        self._api = Api(self.world, self.events, self._faults, self.log, ROUTES, schemas)
        self._heads = Heads(self.world, self.events)
        self._git = git_http.GitHttp(self.world, self._heads)
        self._server = LoopbackServer(self.answer, port)
        self._commits = itertools.count()
        self.world.url = self.url
        self.world.account("github-actions[bot]")
        self.world.apps[ACTIONS_APP_ID] = App(
            ACTIONS_APP_ID, "github-actions", "GitHub Actions", "github", {"checks": "write"}
        )

    @property
    def url(self) -> str:
        """The address: of the API, and of `url/owner/name.git`."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and throw everything away."""
        self._server.stop()
        self.events.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def answer(self, request: Request) -> Reply:
        """The reply to any request, whoever it is for."""
        if git_http.is_git(request):
            with self._lock:
                reply, token = self._git.answer(request)
            self._note(request, reply, token)
            return reply
        if request.path.startswith("/_blob/"):
            reply = blob(self.world, request)
            self._note(request, reply, None)
            return reply
        if request.path.startswith("/_fake/"):
            from tests.fakes.github.control import control

            return control(self, request)
        return self._api.answer(request)

    def _note(self, request: Request, reply: Reply, token: Token | None) -> None:
        kind, login = (token.kind, token.login) if token else ("none", "")
        body = None if git_http.is_git(request) else loggable(request.raw)
        query = dict(request.query)
        self.log.add(
            Logged(0, request.method, request.path, query, reply.status, kind, login, None, body, "")
        )

    @property
    def _lock(self) -> threading.RLock:
        return self._api.lock

    # -- people and repositories

    def add_user(self, login: str, kind: str = "User") -> None:
        """Make an account; those that other methods name are made by them."""
        self.world.account(login, kind)

    def add_repo(
        self,
        full_name: str,
        files: Files | None = None,
        *,
        private: bool = False,
        roles: Mapping[str, str] | None = None,
        default_branch: str = "main",
    ) -> Repository:
        """A repository with one commit of `files`; `roles` is login → read, triage, write, maintain or admin."""
        with self._lock:
            owner, name = full_name.split("/")
            self.world.account(owner)
            folder = self._folder / "git" / f"{full_name.lower()}.git"
            git = GitRepository.create(folder)
            repo = Repository(
                next(self.world.ids),
                owner,
                name,
                private,
                git,
                self.world.now(),
                default_branch,
                root=full_name,
            )
            git.run("symbolic-ref", "HEAD", f"refs/heads/{default_branch}")
            self.world.repositories[full_name.lower()] = repo
            for login, role in (roles or {}).items():
                self.set_role(full_name, login, role)
            self._commit(
                repo, default_branch, files or {"README.md": f"# {name}\n"}, "Initial commit", owner, None
            )
            return repo

    def fork(self, full_name: str, owner: str) -> Repository:
        """A fork; as on GitHub it shares its objects with the original."""
        with self._lock:
            parent = self.world.repository(full_name)
            self.world.account(owner)
            name = f"{owner}/{parent.name}"
            if name.lower() in self.world.repositories:
                return self.world.repository(name)
            folder = self._folder / "git" / f"{name.lower()}.git"
            git = GitRepository.create(folder, shares=parent.git)
            for ref, sha in parent.git.refs().items():
                if ref.startswith("refs/heads/"):
                    git.set_ref(ref, sha)
            made = Repository(
                next(self.world.ids),
                owner,
                parent.name,
                parent.private,
                git,
                self.world.now(),
                parent.default_branch,
                parent=parent.full_name,
                root=parent.root,
            )
            self.world.repositories[name.lower()] = made
            return made

    def set_role(self, full_name: str, login: str, role: str) -> None:
        """Give a login its role in a repository; "none" takes it away."""
        self.world.account(login)
        roles = self.repo(full_name).roles
        if role == "none":
            roles.pop(login.lower(), None)
        else:
            roles[login.lower()] = role

    def repo(self, full_name: str) -> Repository:
        """What the fake holds of a repository."""
        return self.world.repository(full_name)

    # -- git

    def push(
        self,
        full_name: str,
        branch: str,
        files: Files,
        *,
        message: str = "Change",
        author: str | None = None,
        start: str | None = None,
        force: bool = False,
    ) -> str:
        """Commit `files` on a branch, as someone's push; returns the new sha.

        A new branch starts at `start`, by default the default branch. `force` drops what the branch held
        beyond `start`. Pulls of this head move and fire `synchronize`.
        """
        with self._lock:
            repo = self.repo(full_name)
            tip = None if force else repo.git.ref(f"refs/heads/{branch}")
            parent = tip or repo.git.resolve(start or repo.default_branch)
            return self._commit(repo, branch, files, message, author or repo.owner, parent)

    def _commit(
        self, repo: Repository, branch: str, files: Files, message: str, author: str, parent: str | None
    ) -> str:
        before = repo.git.refs()
        sha = repo.git.commit_files(branch, files, message, self._who(author), parent)
        self._heads.moved(repo, before, author)
        return sha

    def _who(self, login: str) -> Who:
        """An author; dates come from a count, so that the same pushes have the same shas."""
        account = self.world.account(login)
        date = _FIRST_COMMIT + timedelta(minutes=next(self._commits))
        email = f"{account.login}@users.noreply.github.com"
        return Who(account.login, email, date.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def delete_branch(self, full_name: str, branch: str, by: str | None = None) -> None:
        """Delete a branch; its open pulls are closed."""
        with self._lock:
            repo = self.repo(full_name)
            before = repo.git.refs()
            repo.git.drop_ref(f"refs/heads/{branch}")
            self._heads.moved(repo, before, by or repo.owner)

    def head(self, full_name: str, branch: str | None = None) -> str:
        """The sha of a branch."""
        repo = self.repo(full_name)
        sha = repo.git.ref(f"refs/heads/{branch or repo.default_branch}")
        if sha is None:
            raise KeyError(branch)
        return sha

    def read(self, full_name: str, ref: str, path: str) -> bytes:
        """The content of a file."""
        return self.repo(full_name).git.run("show", f"{ref}:{path}")

    def clone_url(self, full_name: str, token: str = "") -> str:
        """Where git clones it from; with a token it can push."""
        user = f"x-access-token:{token}@" if token else ""
        return self.url.replace("http://", f"http://{user}") + f"/{full_name}.git"

    # -- pulls, issues, comments

    def add_pull(
        self,
        full_name: str,
        *,
        head: str = "change",
        base: str | None = None,
        fork: bool | str = False,
        author: str = "alice",
        files: Files | None = None,
        title: str = "Change the agent",
        body: str | None = None,
        draft: bool = False,
    ) -> int:
        """Open a pull request from branch `head`; returns its number.

        The branch is made with `files` when it is not there. `fork` puts it into the author's fork
        (or into that of the login given).
        """
        with self._lock:
            repo = self.repo(full_name)
            self.world.account(author)
            head_repo = repo
            if fork:
                head_repo = self.fork(full_name, fork if isinstance(fork, str) else author)
            base = base or repo.default_branch
            if files is not None or head_repo.git.ref(f"refs/heads/{head}") is None:
                changed = files or {f"{head}.txt": f"{head}\n"}
                self.push(head_repo.full_name, head, changed, author=author, start=self.head(full_name, base))
            now = self.world.now()
            head_sha, base_sha = self.head(head_repo.full_name, head), self.head(full_name, base)
            pull = Pull(head_repo.full_name, head, head_sha, base, base_sha, draft)
            issue = Issue(next(self.world.ids), repo.next_number(), author, title, body, now, now, pull=pull)
            repo.issues[issue.number] = issue
            self._heads.point(repo, issue, pull)
            self._heads.announce(repo, issue, "opened", author)
            return issue.number

    def pull(self, full_name: str, number: int) -> Pull:
        """What the fake holds of a pull request."""
        pull = self.repo(full_name).issues[number].pull
        if pull is None:
            raise KeyError(number)
        return pull

    def close_pull(self, full_name: str, number: int, by: str | None = None) -> None:
        """Close a pull request, or an issue."""
        with self._lock:
            repo = self.repo(full_name)
            self._heads.close(repo, repo.issues[number], by or repo.owner)

    def merge_pull(self, full_name: str, number: int, by: str | None = None) -> str:
        """Merge a pull request with a merge commit, as a person does; returns the commit's sha."""
        with self._lock:
            repo, pull = self.repo(full_name), self.pull(full_name, number)
            login = by or repo.owner
            tree = repo.git.merged_tree(pull.base_sha, pull.head_sha)
            if tree is None:
                raise ValueError(f"pull {number} has conflicts")
            who, before = self._who(login), repo.git.refs()
            sha = repo.git.commit_tree(tree, (pull.base_sha, pull.head_sha), f"Merge #{number}", who, who)
            repo.git.set_ref(f"refs/heads/{pull.base_branch}", sha)
            self._heads.moved(repo, before, login)
            return sha

    def add_issue(
        self, full_name: str, title: str = "An issue", author: str = "alice", body: str = ""
    ) -> int:
        """Open an issue; returns its number."""
        with self._lock:
            repo, now = self.repo(full_name), self.world.now()
            self.world.account(author)
            issue = Issue(next(self.world.ids), repo.next_number(), author, title, body, now, now)
            repo.issues[issue.number] = issue
            self._heads.announce(repo, issue, "opened", author)
            return issue.number

    def comment(self, full_name: str, number: int, body: str, author: str = "alice") -> int:
        """Write a comment as a person; returns its id."""
        with self._lock:
            repo, now = self.repo(full_name), self.world.now()
            self.world.account(author)
            comment = Comment(next(self.world.ids), number, author, body, now, now)
            repo.comments[comment.id] = comment
            self._announce_comment(repo, comment, "created", author)
            return comment.id

    def edit_comment(self, full_name: str, comment_id: int, body: str, by: str | None = None) -> None:
        """Edit a comment as a person."""
        with self._lock:
            repo = self.repo(full_name)
            comment = repo.comments[comment_id]
            before, comment.body, comment.updated = comment.body, body, self.world.now()
            changes = {"body": {"from": before}}
            self._announce_comment(repo, comment, "edited", by or comment.author, changes=changes)

    def _announce_comment(
        self, repo: Repository, comment: Comment, action: str, sender: str, **more: object
    ) -> None:
        shapes = Shapes(self.world)
        payload: Json = {
            "action": action,
            "issue": shapes.issue(repo, repo.issues[comment.number]),
            "comment": shapes.comment(repo, comment),
            **more,
        }
        self.events.fire(repo, "issue_comment", payload, sender)

    def comments(self, full_name: str, number: int) -> list[Comment]:
        """The comments of an issue or pull."""
        return [c for c in self.repo(full_name).comments.values() if c.number == number]

    def statuses(self, full_name: str, sha: str) -> list[Status]:
        """The statuses of a commit, oldest first."""
        return [s for s in self.repo(full_name).statuses if s.sha == sha]

    def check_runs(self, full_name: str, sha: str | None = None) -> list[CheckRun]:
        """The check runs, of a commit or of all."""
        return [c for c in self.repo(full_name).checks.values() if sha in (None, c.sha)]

    def sarifs(self, full_name: str) -> list[Sarif]:
        """The SARIF files that were uploaded."""
        return list(self.repo(full_name).sarifs.values())

    def press(self, full_name: str, check_run_id: int, identifier: str, by: str) -> None:
        """Press a button of a check run: fires `check_run` with `requested_action`."""
        with self._lock:
            repo = self.repo(full_name)
            run = repo.checks[check_run_id]
            if run.status != "completed":
                raise ValueError("GitHub shows the buttons of a completed check run only")
            if identifier not in [action["identifier"] for action in run.actions]:
                raise KeyError(identifier)
            payload: Json = {
                "action": "requested_action",
                "requested_action": {"identifier": identifier},
                "check_run": Shapes(self.world).check_run(repo, run),
            }
            self.events.fire(repo, "check_run", payload, by)

    # -- runs and artifacts

    def add_run(
        self,
        full_name: str,
        *,
        sha: str,
        branch: str = "main",
        workflow: str = "gate.yml",
        event: str = "pull_request",
        head_repo: str | None = None,
        conclusion: str | None = "success",
        author: str = "alice",
    ) -> WorkflowRun:
        """A completed workflow run (in progress when `conclusion` is None); fires `workflow_run`."""
        with self._lock:
            repo = self.repo(full_name)
            self.world.account(author)
            run = start_run(self.world, repo, workflow, event, sha, branch, author)
            run.head_repo = self.repo(head_repo or full_name).full_name
            run.conclusion = conclusion
            run.status = "completed" if conclusion else "in_progress"
            shape = Shapes(self.world).workflow_run(repo, run)
            action = "completed" if conclusion else "in_progress"
            self.events.fire(repo, "workflow_run", {"action": action, "workflow_run": shape}, author)
            return run

    def add_artifact(
        self,
        full_name: str,
        run_id: int,
        name: str,
        files: Mapping[str, str | bytes] | bytes,
        expired: bool = False,
    ) -> int:
        """An artifact of a run; returns its id. Bytes are served as they are, whatever they hold."""
        with self._lock:
            repo = self.repo(full_name)
            content = files if isinstance(files, bytes) else zipped(files)
            expires = instant(self.world.clock() + 90 * 86_400)
            artifact = Artifact(
                next(self.world.ids), run_id, name, content, self.world.now(), expires, expired
            )
            repo.artifacts[artifact.id] = artifact
            return artifact.id

    # -- apps and tokens

    def add_app(
        self,
        slug: str = "agentcrewops",
        *,
        permissions: Mapping[str, str] | None = None,
        key: bytes | str = b"",
        events: Sequence[str] = (),
        hook_url: str = "",
        hook_secret: str = "",
        content_type: str = "json",
        owner: str = "acme",
        app_id: int | None = None,
    ) -> App:
        """Register an App; `key` is its public key as PEM, `content_type` json or form."""
        with self._lock:
            number = app_id or next(self.world.ids)
            self.world.account(owner)
            self.world.account(f"{slug}[bot]")
            pem = key.encode() if isinstance(key, str) else key
            app = App(
                number, slug, slug.title(), owner, dict(permissions or {}), pem, f"Iv1.{number:016x}",
                tuple(events), hook_url, hook_secret, content_type,
            )  # fmt: skip
            self.world.apps[number] = app
            return app

    def install(
        self,
        app: App,
        account: str,
        repositories: Sequence[str] | None = None,
        permissions: Mapping[str, str] | None = None,
    ) -> Installation:
        """Install an App on an account, on all its repositories or on these full names."""
        with self._lock:
            chosen = None if repositories is None else {name.lower() for name in repositories}
            granted = dict(app.permissions if permissions is None else permissions)
            made = Installation(next(self.world.ids), app.id, account, granted, chosen, self.world.now())
            self.world.installations[made.id] = made
            return made

    def token(
        self,
        kind: str = "actions",
        permissions: Mapping[str, str] | None = None,
        *,
        login: str | None = None,
        repo: str | None = None,
        fork: bool = False,
        app: App | None = None,
        limit: int = 5000,
        seconds: float | None = None,
    ) -> str:
        """A credential; returns its value.

        `actions` is a GITHUB_TOKEN of `repo` (by default the first repository), with `permissions` as a
        workflow's block has them; with `fork` it can only read. `installation` is an App's. `user` is a
        person's: classic without `permissions`, else fine-grained. `seconds`: until it expires.
        """
        with self._lock:
            token = self._new_token(kind, permissions, login, app, fork)
            token.limit = limit
            token.expires = None if seconds is None else self.world.clock() + seconds
            token.repositories = self._token_repositories(kind, repo)
            self.world.tokens[token.value] = token
            return token.value

    def _new_token(
        self, kind: str, permissions: Mapping[str, str] | None, login: str | None, app: App | None, fork: bool
    ) -> Token:
        value = f"{'ghp' if kind == 'user' else 'ghs'}_{secrets.token_hex(18)}"
        given = None if permissions is None else {k.replace("-", "_"): v for k, v in permissions.items()}
        if kind == "user":
            login = login or "alice"
            self.world.account(login)
            return Token(value, kind, login, given)
        if kind == "actions":
            held = dict(DEFAULT_ACTIONS_PERMISSIONS if given is None else given)
            actions = self.world.apps[ACTIONS_APP_ID]
            return Token(value, kind, actions.login, read_only(held) if fork else held, app_id=actions.id)
        if kind == "installation":
            app = app or self._default_app(given or {})
            held = dict(app.permissions if given is None else given)
            return Token(value, kind, app.login, held, app_id=app.id)
        raise ValueError(f"no such kind of token: {kind}")

    def _default_app(self, permissions: Mapping[str, str]) -> App:
        known = [app for app in self.world.apps.values() if app.id != ACTIONS_APP_ID]
        return known[0] if known else self.add_app(permissions=permissions)

    def _token_repositories(self, kind: str, repo: str | None) -> set[str] | None:
        if repo is not None:
            return {repo.lower()}
        if kind == "actions":
            return {next(iter(self.world.repositories))} if self.world.repositories else set()
        return None

    def client(self, token: str = "") -> Client:
        """A plain HTTP client with this token."""
        return Client(self.url, token)

    def revoke(self, token: str) -> None:
        """Make a token worthless."""
        self.world.tokens.pop(token, None)

    # -- what goes wrong, and what happens in between

    def fail(
        self,
        at: At = None,
        *,
        status: int,
        times: int | None = 1,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        late: bool = False,
    ) -> None:
        """Answer with `status` instead; 0 hangs up.

        `at`: the n-th call from now, or `"METHOD /path"` with wildcards, or any call. `times`: how often,
        None for ever. With `late` the call has its effect and only its answer is lost.
        """
        number, where = self._at(at)
        self._faults.fail(number, where, fault_reply(status, body, headers), times, late)

    def limit(self, at: At = None, *, status: int = 403, retry_after: int = 1, times: int | None = 1) -> None:
        """Answer with the secondary rate limit."""
        number, where = self._at(at)
        self._faults.fail(number, where, secondary_limit(status, retry_after), times, late=False)

    def before(self, at: At, do: Callable[[], object], times: int | None = 1) -> None:
        """Do something right before a call, such as a push."""
        number, where = self._at(at)
        self._faults.interruptions.append(Interruption(number, where, do, times, after=False))

    def after(self, at: At, do: Callable[[], object], times: int | None = 1) -> None:
        """Do something right after a call, before the client knows its answer."""
        number, where = self._at(at)
        self._faults.interruptions.append(Interruption(number, where, do, times, after=True))

    def _at(self, at: At) -> tuple[int | None, str | None]:
        if isinstance(at, int):
            return self._api.calls + at, None
        return None, at

    @property
    def calls(self) -> int:
        """How many API calls there were."""
        return self._api.calls

    @property
    def violations(self) -> list[str]:
        """What GitHub's own schema has against the requests so far."""
        return [violation for entry in self.log for violation in entry.violations]

    # -- webhooks

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt so far, once all that was fired has been tried."""
        self.events.wait()
        return self.events.deliveries

    def redeliver(self, delivery: Delivery) -> None:
        """Send a delivery again, as the button in GitHub's settings does."""
        self.events.redeliver(delivery.id)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of these files, the same bytes for the same files."""
    out = io.BytesIO()
    with contextlib.closing(zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
