"""The git data API: refs, blobs, trees and commits, as a bot needs them to make a change without a checkout."""

from __future__ import annotations

import base64
import binascii

from tests.fakes.github.bodies import ANYTHING, FLAG, many, maybe, one_of, record, text
from tests.fakes.github.endpoints.repos import PERSON, author, check_workflow_paths
from tests.fakes.github.git import GitRefused, valid_ref
from tests.fakes.github.heads import Heads
from tests.fakes.github.routes import Call, Route, no_content, repo_path
from tests.fakes.github.shapes import Json
from tests.fakes.github.wire import Reply, not_found, refused

MODES = ("100644", "100755", "040000", "160000", "120000")

# -- refs


def _ref(call: Call) -> Reply:
    name = f"refs/{call.args['ref']}"
    sha = call.repo.git.ref(name)
    if sha is None:
        raise not_found()
    return Reply(200, call.shapes.ref(call.repo, name, sha))


def _matching_refs(call: Call) -> Reply:
    start = f"refs/{call.args.get('ref', '')}"
    found = [(ref, sha) for ref, sha in call.repo.git.refs().items() if ref.startswith(start)]
    return call.page([call.shapes.ref(call.repo, ref, sha) for ref, sha in found])


def _create_ref(call: Call) -> Reply:
    name, sha = call.body["ref"], call.body["sha"]
    if not name.startswith("refs/") or name.count("/") < 2 or not valid_ref(name):
        raise refused(422, f"{name} is not a valid ref name.")
    if call.repo.git.ref(name):
        raise refused(422, "Reference already exists")
    _check_object(call, sha)
    _check_new_commits(call, sha)
    _move(call, name, sha)
    return Reply(201, call.shapes.ref(call.repo, name, sha))


def _update_ref(call: Call) -> Reply:
    name, sha = f"refs/{call.args['ref']}", call.body["sha"]
    old = call.repo.git.ref(name)
    if old is None:
        raise refused(422, "Reference does not exist")
    _check_object(call, sha)
    forced = call.body.get("force", False)
    protected = name.removeprefix("refs/heads/") in call.repo.protected
    if not call.repo.git.is_ancestor(old, sha) and (protected or not forced):
        raise refused(422, "Update is not a fast forward")
    _check_new_commits(call, sha)
    _move(call, name, sha)
    return Reply(200, call.shapes.ref(call.repo, name, sha))


def _delete_ref(call: Call) -> Reply:
    name = f"refs/{call.args['ref']}"
    if call.repo.git.ref(name) is None:
        raise refused(422, "Reference does not exist")
    if name.removeprefix("refs/heads/") in {call.repo.default_branch, *call.repo.protected}:
        raise refused(422, "Cannot delete this branch")
    _move(call, name, None)
    return no_content()


def _check_object(call: Call, sha: str) -> None:
    if not call.repo.git.has(sha):
        raise refused(422, "Object does not exist")


def _check_new_commits(call: Call, sha: str) -> None:
    """Refuse a ref that brings changed workflow files with a token that may not change them."""
    git = call.repo.git
    tips = [f"^{tip}" for tip in git.refs().values()]
    new = git.run("rev-list", sha, *tips, "--", ".github/workflows").split()
    check_workflow_paths(call, [".github/workflows/"] if new else [])


def _move(call: Call, name: str, sha: str | None) -> None:
    before = call.repo.git.refs()
    try:
        call.repo.git.drop_ref(name) if sha is None else call.repo.git.set_ref(name, sha)
    except GitRefused as problem:
        raise refused(422, str(problem)) from None
    Heads(call.world, call.events).moved(call.repo, before, call.login)


# -- blobs


def _create_blob(call: Call) -> Reply:
    encoding, content = call.body.get("encoding", "utf-8"), call.body["content"]
    try:
        raw = base64.b64decode(content) if encoding == "base64" else content.encode()
    except (binascii.Error, ValueError):
        raise refused(422, "content is not valid Base64") from None
    sha = call.repo.git.write_blob(raw)
    return Reply(201, {"sha": sha, "url": f"{call.shapes.api(call.repo)}/git/blobs/{sha}"})


def _blob(call: Call) -> Reply:
    sha = call.args["sha"]
    if not call.repo.git.has(sha, "blob"):
        raise not_found()
    content = call.repo.git.read_blob(sha)
    if "raw" in call.request.headers.get("accept", ""):
        return Reply(200, content, {"Content-Type": "application/vnd.github.raw; charset=utf-8"})
    shape = {
        "sha": sha,
        "node_id": sha,
        "size": len(content),
        "url": f"{call.shapes.api(call.repo)}/git/blobs/{sha}",
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }
    return Reply(200, shape)


# -- trees


def _create_tree(call: Call) -> Reply:
    base = call.body.get("base_tree")
    if base is not None and not _tree_of(call, base):
        raise refused(422, "tree.base_tree is not a valid tree")
    entries = [_checked_entry(call, entry) for entry in call.body["tree"]]
    try:
        sha = call.repo.git.write_tree(base, entries)
    except GitRefused as problem:
        raise refused(422, str(problem)) from None
    return Reply(201, _tree_shape(call, sha, recursive=False))


def _tree_of(call: Call, treeish: str) -> str | None:
    git = call.repo.git
    if git.has(treeish, "tree"):
        return treeish
    commit = git.resolve(treeish)
    return git.commit(commit).tree if commit else None


def _checked_entry(call: Call, entry: Json) -> tuple[str, str | None, str]:
    """(mode, sha, path); a sha of None removes."""
    path, mode = entry["path"], entry.get("mode", "100644")
    parts = path.split("/")
    if (
        path.startswith("/")
        or any(p in ("", ".", "..") or p.lower() == ".git" for p in parts)
        or "\0" in path
    ):
        raise refused(422, "tree.path contains a malformed path component")
    if "content" in entry and "sha" in entry:
        raise refused(422, "Must supply either tree.sha or tree.content, but not both.")
    if "content" in entry:
        return mode, call.repo.git.write_blob(entry["content"].encode()), path
    if "sha" not in entry:
        raise refused(422, "Must supply either tree.sha or tree.content.")
    sha = entry["sha"]
    kind = {"040000": "tree", "160000": "commit"}.get(mode, "blob")
    if sha is not None and kind != "commit" and not call.repo.git.has(sha, kind):
        raise refused(422, f"tree.sha {sha} is not a valid {kind}")
    return mode, sha, path


def _tree(call: Call) -> Reply:
    sha = _tree_of(call, call.args["ref"])
    if sha is None:
        raise not_found()
    return Reply(200, _tree_shape(call, sha, recursive=bool(call.wanted("recursive"))))


def _tree_shape(call: Call, sha: str, recursive: bool) -> Json:
    api = call.shapes.api(call.repo)
    entries = []
    for entry in call.repo.git.tree(sha, recursive):
        shape: Json = {"path": entry.path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
        if entry.size is not None:
            shape["size"] = entry.size
        entries.append({**shape, "url": f"{api}/git/{entry.type}s/{entry.sha}"})
    return {"sha": sha, "url": f"{api}/git/trees/{sha}", "tree": entries, "truncated": False}


# -- commits


def _create_commit(call: Call) -> Reply:
    tree, parents = call.body["tree"], call.body.get("parents", [])
    if not call.repo.git.has(tree, "tree"):
        raise refused(422, "Tree SHA does not exist")
    for parent in parents:
        if not call.repo.git.has(parent):
            raise refused(422, f"Parent SHA does not exist or is not a commit object: {parent}")
    who = author(call, call.body.get("author"))
    committer = author(call, call.body["committer"]) if "committer" in call.body else who
    sha = call.repo.git.commit_tree(tree, tuple(parents), call.body["message"], who, committer)
    return Reply(201, call.shapes.git_commit(call.repo, call.repo.git.commit(sha)))


def _commit(call: Call) -> Reply:
    if not call.repo.git.has(call.args["sha"]):
        raise not_found()
    return Reply(200, call.shapes.git_commit(call.repo, call.repo.git.commit(call.args["sha"])))


_ENTRY = record(
    "path",
    path=text(),
    mode=one_of(*MODES),
    type=one_of("blob", "tree", "commit"),
    sha=maybe(text()),
    content=text(),
)
_NEW_COMMIT = record(
    "message tree",
    message=text(),
    tree=text(),
    parents=many(text()),
    author=PERSON,
    committer=PERSON,
    signature=ANYTHING,
)
_READ, _WRITE = ("contents:read",), ("contents:write",)

ROUTES = (
    Route("GET", repo_path("/git/ref/{ref}"), _ref, _READ),
    Route("GET", repo_path("/git/matching-refs/{ref}"), _matching_refs, _READ),
    Route(
        "POST",
        repo_path("/git/refs"),
        _create_ref,
        _WRITE,
        role="write",
        body=record("ref sha", ref=text(), sha=text()),
    ),
    Route(
        "PATCH",
        repo_path("/git/refs/{ref}"),
        _update_ref,
        _WRITE,
        role="write",
        body=record("sha", sha=text(), force=FLAG),
    ),
    Route("DELETE", repo_path("/git/refs/{ref}"), _delete_ref, _WRITE, role="write"),
    Route(
        "POST",
        repo_path("/git/blobs"),
        _create_blob,
        _WRITE,
        role="write",
        body=record("content", content=text(), encoding=one_of("utf-8", "base64")),
    ),
    Route("GET", repo_path("/git/blobs/{sha}"), _blob, _READ),
    Route(
        "POST",
        repo_path("/git/trees"),
        _create_tree,
        _WRITE,
        role="write",
        body=record("tree", tree=many(_ENTRY), base_tree=text()),
    ),
    Route("GET", repo_path("/git/trees/{ref}"), _tree, _READ),
    Route("POST", repo_path("/git/commits"), _create_commit, _WRITE, role="write", body=_NEW_COMMIT),
    Route("GET", repo_path("/git/commits/{sha}"), _commit, _READ),
)
