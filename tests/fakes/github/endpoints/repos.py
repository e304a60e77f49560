"""Repositories: themselves, who may do what in them, branches, commits, comparisons and contents."""

from __future__ import annotations

import base64
import binascii

from tests.fakes.github.access import check_role
from tests.fakes.github.bodies import maybe, record, text
from tests.fakes.github.git import Entry, File, Who
from tests.fakes.github.heads import Heads
from tests.fakes.github.routes import Call, Route, repo_path
from tests.fakes.github.shapes import Json, role_permissions
from tests.fakes.github.state import Repository
from tests.fakes.github.wire import Reply, not_found, not_permitted, refused

MAX_FILES = 300
MAX_COMMITS = 250
INLINE_BYTES = 1_000_000
RAW_BYTES = 100_000_000


def _get(call: Call) -> Reply:
    return Reply(200, call.shapes.full_repository(call.repo, call.repo.role(call.login)))


def _permission(call: Call) -> Reply:
    if call.token.kind == "user":
        check_role(call.token, call.repo, "write")
    login = call.args["username"]
    if login.lower() not in call.world.accounts:
        raise not_found()
    role = call.repo.role(login)
    # `permission` knows only four; maintain and triage show in role_name.
    permission = {"maintain": "write", "triage": "read"}.get(role, role)
    shape = {
        "permission": permission,
        "role_name": role,
        "user": {**call.shapes.user(login), "role_name": role, "permissions": role_permissions(role)},
    }
    return Reply(200, shape)


def _is_collaborator(call: Call) -> Reply:
    login = call.args["username"].lower()
    if login == call.repo.owner.lower() or login in call.repo.roles:
        return Reply(204)
    raise not_found()


# -- branches and commits


def _branches(call: Call) -> Reply:
    tips = {
        ref.removeprefix("refs/heads/"): sha
        for ref, sha in call.repo.git.refs().items()
        if ref.startswith("refs/heads/")
    }
    return call.page([_short_branch(call, name, sha) for name, sha in tips.items()])


def _short_branch(call: Call, name: str, sha: str) -> Json:
    commit = {"sha": sha, "url": f"{call.shapes.api(call.repo)}/commits/{sha}"}
    return {"name": name, "commit": commit, "protected": name in call.repo.protected}


def _branch(call: Call) -> Reply:
    name = call.args["ref"]
    sha = call.repo.git.ref(f"refs/heads/{name}")
    if sha is None:
        raise refused(404, "Branch not found")
    url = f"{call.shapes.api(call.repo)}/branches/{name}"
    protection = {
        "enabled": name in call.repo.protected,
        "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
    }
    shape = {
        "name": name,
        "commit": call.shapes.commit(call.repo, call.repo.git.commit(sha)),
        "_links": {"self": url, "html": f"{call.shapes.html(call.repo)}/tree/{name}"},
        "protected": name in call.repo.protected,
        "protection": protection,
        "protection_url": f"{url}/protection",
    }
    return Reply(200, shape)


def _commits(call: Call) -> Reply:
    tip = call.repo.git.resolve(call.wanted("sha") or call.repo.default_branch)
    if tip is None:
        raise not_found()
    shas = call.repo.git.log(tip, path=call.wanted("path"))
    listed = call.page(shas)
    shown = [call.shapes.commit(call.repo, call.repo.git.commit(sha)) for sha in listed.body]
    return Reply(200, shown, listed.headers)


def _commit(call: Call) -> Reply:
    sha = call.commit("ref")
    if call.request.headers.get("accept", "").startswith("application/vnd.github.sha"):
        return Reply(200, sha.encode(), {"Content-Type": "application/vnd.github.sha"})
    commit = call.repo.git.commit(sha)
    changes = call.repo.git.changes(commit.parents[0] if commit.parents else None, sha)
    added, deleted = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    files = [call.shapes.change(call.repo, sha, change) for change in changes[:MAX_FILES]]
    stats = {"total": added + deleted, "additions": added, "deletions": deleted}
    return Reply(200, {**call.shapes.commit(call.repo, commit), "stats": stats, "files": files})


def _compare(call: Call) -> Reply:
    base, dots, head = call.args["basehead"].partition("...")
    start, end = _side(call, base), _side(call, head)
    if not dots or start is None or end is None:
        raise not_found()
    git, shapes = call.repo.git, call.shapes
    fork_point = git.merge_base(start, end)
    if fork_point is None:
        raise refused(404, f"No common ancestor between {base} and {head}.")
    ahead, behind = list(reversed(git.log(end, start))), git.log(start, end)
    commits = call.page(ahead[:MAX_COMMITS], default_size=MAX_COMMITS)
    url = f"{shapes.api(call.repo)}/compare/{base}...{head}"
    page = f"{shapes.html(call.repo)}/compare/{base}...{head}"
    shape = {
        "url": url,
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": shapes.commit(call.repo, git.commit(start)),
        "merge_base_commit": shapes.commit(call.repo, git.commit(fork_point)),
        "status": _relation(len(ahead), len(behind)),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [shapes.commit(call.repo, git.commit(sha)) for sha in commits.body],
        "files": [
            shapes.change(call.repo, end, change) for change in git.changes(fork_point, end)[:MAX_FILES]
        ],
    }
    return Reply(200, shape, commits.headers)


def _side(call: Call, given: str) -> str | None:
    """`branch`, or `owner:branch` of the same network of forks."""
    owner, colon, branch = given.partition(":")
    if not colon:
        return call.repo.git.resolve(given)
    for repo in call.world.repositories.values():
        if repo.owner.lower() == owner.lower() and repo.root == call.repo.root:
            return repo.git.resolve(branch)
    return None


def _relation(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"


# -- contents


def _contents(call: Call) -> Reply:
    ref = call.wanted("ref") or call.repo.default_branch
    sha = call.repo.git.resolve(ref)
    if sha is None:
        raise refused(404, f"No commit found for the ref {ref}")
    path = call.args.get("path", "").strip("/")
    if not path:
        return _folder(call, ref, sha, "")
    found = call.repo.git.tree(sha, path=path)
    if not found:
        raise not_found()
    if found[0].type == "tree":
        return _folder(call, ref, sha, path)
    return _file(call, ref, found[0])


def _folder(call: Call, ref: str, sha: str, path: str) -> Reply:
    entries = call.repo.git.tree(f"{sha}:{path}")
    prefix = f"{path}/" if path else ""
    whole = [Entry(e.mode, e.type, e.sha, e.size, prefix + e.path) for e in entries]
    return Reply(200, [call.shapes.entry(call.repo, ref, entry) for entry in whole])


def _file(call: Call, ref: str, entry: Entry) -> Reply:
    shape = call.shapes.entry(call.repo, ref, entry)
    if entry.type == "commit":
        return Reply(200, {**shape, "submodule_git_url": None})
    if (entry.size or 0) > RAW_BYTES:
        raise refused(403, "This API returns blobs up to 100 MB in size.")
    content = call.repo.git.read_blob(entry.sha)
    if "raw" in call.request.headers.get("accept", ""):
        return Reply(200, content, {"Content-Type": "application/vnd.github.raw; charset=utf-8"})
    if shape["type"] == "symlink":
        return Reply(200, {**shape, "target": content.decode(errors="replace")})
    if len(content) > INLINE_BYTES:
        return Reply(200, {**shape, "content": "", "encoding": "none"})
    return Reply(200, {**shape, "content": base64.encodebytes(content).decode(), "encoding": "base64"})


def _put_contents(call: Call) -> Reply:
    try:
        content = base64.b64decode(call.body["content"])
    except (binascii.Error, ValueError):
        raise refused(422, "content is not valid Base64") from None
    return _write(call, File(content))


def _delete_contents(call: Call) -> Reply:
    return _write(call, None)


def _write(call: Call, file: File | None) -> Reply:
    branch, path = call.body.get("branch", call.repo.default_branch), call.args["path"]
    parent = call.repo.git.ref(f"refs/heads/{branch}")
    if parent is None:
        raise refused(404, f"Branch {branch} not found")
    check_workflow_paths(call, [path])
    _check_known(call, parent, path, creating=file is not None)
    who = author(call, call.body.get("author"))
    before = call.repo.git.refs()
    sha = call.repo.git.commit_files(branch, {path: file}, call.body["message"], who, parent)
    Heads(call.world, call.events).moved(call.repo, before, call.login)
    made = call.shapes.git_commit(call.repo, call.repo.git.commit(sha))
    if file is None:
        return Reply(200, {"content": None, "commit": made})
    entry = call.repo.git.tree(sha, path=path)[0]
    existed = bool(call.repo.git.tree(parent, path=path))
    return Reply(
        200 if existed else 201, {"content": call.shapes.entry(call.repo, branch, entry), "commit": made}
    )


def _check_known(call: Call, parent: str, path: str, creating: bool) -> None:
    """A file that is there is changed only by one who knows its sha."""
    there = call.repo.git.tree(parent, path=path)
    given = call.body.get("sha")
    if not there:
        if not creating:
            raise not_found()
        return
    if given is None:
        raise refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if given != there[0].sha:
        raise refused(409, f"{path} does not match {given}")


def check_workflow_paths(call: Call, paths: list[str]) -> None:
    """Only a token with `workflows: write` changes workflow files."""
    touched = any(path.startswith(".github/workflows/") for path in paths)
    if touched and call.token.permissions is not None and not call.token.may("workflows", "write"):
        raise not_permitted(call.token.kind)


def author(call: Call, given: Json | None) -> Who:
    """The author of a commit: as given, else who calls."""
    account = call.world.account(call.login)
    own = f"{account.id}+{account.login}@users.noreply.github.com"
    given = given or {}
    date = given.get("date") or call.world.now()
    return Who(given.get("name", account.login), given.get("email", own), date)


def _fork_list(call: Call) -> Reply:
    found = [r for r in call.world.repositories.values() if r.parent == call.repo.full_name]
    return call.page([_minimal(call, repo) for repo in found])


def _minimal(call: Call, repo: Repository) -> Json:
    return call.shapes.full_repository(repo, repo.role(call.login))


PERSON = record("name email", name=text(), email=text(), date=text())
_FILE = {
    "message": text(),
    "sha": maybe(text()),
    "branch": text(),
    "author": PERSON,
    "committer": PERSON,
}
_READ, _WRITE = ("contents:read",), ("contents:write",)
_METADATA = ("metadata:read",)

ROUTES = (
    Route("GET", repo_path(""), _get, _METADATA),
    Route("GET", repo_path("/forks"), _fork_list, _METADATA),
    Route("GET", repo_path("/collaborators/{username}/permission"), _permission, _METADATA),
    Route("GET", repo_path("/collaborators/{username}"), _is_collaborator, _METADATA),
    Route("GET", repo_path("/branches"), _branches, _READ),
    Route("GET", repo_path("/branches/{ref}"), _branch, _READ),
    Route("GET", repo_path("/commits"), _commits, _READ),
    Route("GET", repo_path("/commits/{ref}"), _commit, _READ),
    Route("GET", repo_path("/compare/{basehead}"), _compare, _READ),
    Route("GET", repo_path("/contents"), _contents, _READ),
    Route("GET", repo_path("/contents/"), _contents, _READ),
    Route("GET", repo_path("/contents/{path}"), _contents, _READ),
    Route(
        "PUT",
        repo_path("/contents/{path}"),
        _put_contents,
        _WRITE,
        role="write",
        body=record("message content", content=text(), **_FILE),
    ),
    Route(
        "DELETE",
        repo_path("/contents/{path}"),
        _delete_contents,
        _WRITE,
        role="write",
        body=record("message sha", **_FILE),
    ),
)
