"""Clone, fetch and push over HTTP, by git's own http-backend; a push moves the pulls behind it."""

from __future__ import annotations

import re
import subprocess
from urllib.parse import urlencode

from tests.fakes.github.access import ANONYMOUS, caller_of, reaches, sees
from tests.fakes.github.git import git_environment
from tests.fakes.github.heads import Heads
from tests.fakes.github.state import ROLES, Repository, Token, World
from tests.fakes.github.wire import Refused, Reply, Request

_PATH = re.compile(
    r"/(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/(?P<rest>info/refs|git-upload-pack|git-receive-pack|HEAD)"
)


def is_git(request: Request) -> bool:
    """Whether this is a request of git's smart HTTP."""
    return not request.path.startswith("/repos/") and bool(_PATH.fullmatch(request.path))


class GitHttp:
    """Serves the repositories of `world` to git clients."""

    def __init__(self, world: World, heads: Heads) -> None:
        self._world = world
        self._heads = heads

    def answer(self, request: Request) -> tuple[Reply, Token | None]:
        """The reply, and who asked."""
        found = _PATH.fullmatch(request.path)
        assert found is not None
        pushes = "receive-pack" in request.path or request.query.get("service") == "git-receive-pack"
        try:
            token = caller_of(self._world, request)
        except Refused:
            return _unauthorised(), None
        repo = self._world.repositories.get(found["name"].lower())
        refusal = _refusal(token, repo, pushes)
        if refusal is not None or repo is None:
            return refusal or _plain(404, "Repository not found."), token
        before = repo.git.refs() if pushes else {}
        reply = self._backend(request, repo, token, found["rest"])
        if request.path.endswith("git-receive-pack"):
            self._heads.moved(repo, before, token.login)
        return reply, token

    def _backend(self, request: Request, repo: Repository, token: Token, rest: str) -> Reply:
        env = git_environment() | {
            "GIT_PROJECT_ROOT": str(repo.git.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{rest}",
            "REQUEST_METHOD": request.method,
            "QUERY_STRING": urlencode(request.query),
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.raw)),
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
            "REMOTE_USER": token.login or ANONYMOUS,
            "REMOTE_ADDR": "127.0.0.1",
        }
        if token.permissions is not None and not token.may("workflows", "write"):
            env["FAKE_GITHUB_REFUSES_WORKFLOWS"] = "1"
        done = subprocess.run(
            ["git", "http-backend"],
            input=request.raw,
            env=env,
            cwd=repo.git.folder,
            capture_output=True,
            check=False,
        )
        return _cgi(done.stdout)


def _refusal(token: Token, repo: Repository | None, pushes: bool) -> Reply | None:
    """Why this caller may not; as GitHub it asks for a password first."""
    if repo is None or not sees(token, repo):
        return _unauthorised() if token.kind == ANONYMOUS else _plain(404, "Repository not found.")
    if token.kind == ANONYMOUS:
        return _unauthorised() if pushes else None
    if token.kind == "user":
        may = ROLES.index(repo.role(token.login)) >= ROLES.index("write" if pushes else "read")
    else:
        may = reaches(token, repo)
    may = may and token.may("contents", "write" if pushes else "read")
    what = f"Permission to {repo.full_name}.git denied to {token.login}."
    return None if may else _plain(403, what)


def _unauthorised() -> Reply:
    return Reply(
        401,
        b"Authentication failed\n",
        {"WWW-Authenticate": 'Basic realm="GitHub"', "Content-Type": "text/plain"},
    )


def _plain(status: int, text: str) -> Reply:
    return Reply(status, f"{text}\n".encode(), {"Content-Type": "text/plain"})


def _cgi(output: bytes) -> Reply:
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return Reply(status, body, headers)
