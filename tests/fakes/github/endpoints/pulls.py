"""Pull requests: read, find, open, edit, list their files and commits."""

from __future__ import annotations

from tests.fakes.github.access import sees
from tests.fakes.github.bodies import COUNT, FLAG, maybe, one_of, record, text
from tests.fakes.github.heads import Heads
from tests.fakes.github.routes import Call, Route, repo_path
from tests.fakes.github.state import Issue, Pull, Repository
from tests.fakes.github.wire import Reply, invalid, not_found, refused

MAX_TITLE = 256
MAX_BODY = 65_536
MAX_FILES = 3000


def pull_of(call: Call) -> tuple[Issue, Pull]:
    """The pull request that the path names."""
    issue = call.repo.issues.get(call.number("number"))
    if issue is None or issue.pull is None:
        raise not_found()
    return issue, issue.pull


def _get(call: Call) -> Reply:
    issue, _ = pull_of(call)
    return Reply(200, call.shapes.full_pull(call.repo, issue))


def _list(call: Call) -> Reply:
    found = [issue for issue in call.repo.issues.values() if issue.pull and _wanted(call, issue, issue.pull)]
    newest_first = call.wanted("direction", "desc") == "desc"
    found.sort(key=lambda i: (_sort_key(call, i), i.number), reverse=newest_first)
    return call.page([call.shapes.pull(call.repo, issue) for issue in found])


def _wanted(call: Call, issue: Issue, pull: Pull) -> bool:
    state, head, base = call.wanted("state", "open"), call.wanted("head"), call.wanted("base")
    if state != "all" and issue.state != state:
        return False
    if base and pull.base_branch != base:
        return False
    # As on GitHub a head without its owner is no filter at all.
    return not head or ":" not in head or head == f"{(pull.head_repo or '').split('/')[0]}:{pull.head_branch}"


def _sort_key(call: Call, issue: Issue) -> str:
    return issue.updated if call.wanted("sort") == "updated" else issue.created


def _create(call: Call) -> Reply:
    head_repo, branch = _head(call, call.body["head"])
    head_sha = head_repo.git.resolve(branch) if head_repo else None
    base_sha = call.repo.git.ref(f"refs/heads/{call.body['base']}")
    if head_repo is None or head_sha is None:
        raise invalid("PullRequest", "head", "invalid")
    if base_sha is None:
        raise invalid("PullRequest", "base", "invalid")
    _check_new(call, head_repo, branch, head_sha, base_sha)
    issue = _opened(call, head_repo, branch, head_sha, base_sha)
    return Reply(201, call.shapes.full_pull(call.repo, issue))


def _head(call: Call, given: str) -> tuple[Repository | None, str]:
    owner, colon, branch = given.partition(":")
    if not colon:
        return call.repo, given
    for repo in call.world.repositories.values():
        if repo.owner.lower() == owner.lower() and repo.root == call.repo.root and sees(call.token, repo):
            return repo, branch
    return None, branch


def _check_new(call: Call, head_repo: Repository, branch: str, head_sha: str, base_sha: str) -> None:
    if call.token.kind == "user" and not _may_push(call, head_repo):
        raise refused(422, "Validation Failed", errors=["must be a collaborator"])
    base = call.body["base"]
    for issue in call.repo.issues.values():
        pull = issue.pull
        if (
            issue.state == "open"
            and pull
            and (pull.head_repo, pull.head_branch, pull.base_branch)
            == (
                head_repo.full_name,
                branch,
                base,
            )
        ):
            label = f"{head_repo.owner}:{branch}"
            raise _custom(f"A pull request already exists for {label}.")
    if call.repo.git.is_ancestor(head_sha, base_sha):
        raise _custom(f"No commits between {base} and {branch}")


def _may_push(call: Call, repo: Repository) -> bool:
    return repo.role(call.login) in ("write", "maintain", "admin")


def _custom(message: str) -> Exception:
    error = {"resource": "PullRequest", "code": "custom", "message": message}
    return refused(422, "Validation Failed", errors=[error])


def _opened(call: Call, head_repo: Repository, branch: str, head_sha: str, base_sha: str) -> Issue:
    now = call.world.now()
    pull = Pull(head_repo.full_name, branch, head_sha, call.body["base"], base_sha)
    pull.draft = call.body.get("draft", False)
    pull.maintainer_can_modify = call.body.get("maintainer_can_modify", False)
    _check_texts(call)
    title, body = call.body["title"], call.body.get("body")
    number = call.repo.next_number()
    issue = Issue(next(call.world.ids), number, call.login, title, body, now, now, pull=pull)
    call.repo.issues[number] = issue
    heads = Heads(call.world, call.events)
    heads.point(call.repo, issue, pull)
    heads.announce(call.repo, issue, "opened", call.login)
    return issue


def _check_texts(call: Call) -> None:
    title, body = call.body.get("title"), call.body.get("body")
    if title is not None and not title.strip():
        raise invalid("PullRequest", "title", "missing_field")
    if title is not None and len(title) > MAX_TITLE:
        raise invalid(
            "PullRequest", "title", "custom", f"title is too long (maximum is {MAX_TITLE} characters)"
        )
    if body is not None and len(body) > MAX_BODY:
        raise invalid("PullRequest", "body", "custom", f"body is too long (maximum is {MAX_BODY} characters)")


def _edit(call: Call) -> Reply:
    issue, pull = pull_of(call)
    if call.token.kind == "user" and call.login != issue.author and not _may_push(call, call.repo):
        raise refused(403, "Must have admin rights to Repository.")
    _check_texts(call)
    if (base := call.body.get("base")) is not None:
        _retarget(call, issue, pull, base)
    issue.title = call.body.get("title", issue.title)
    issue.body = call.body.get("body", issue.body)
    issue.updated = call.world.now()
    heads = Heads(call.world, call.events)
    if call.body.get("state", issue.state) != issue.state:
        _set_state(call, issue, pull, heads)
    else:
        heads.announce(call.repo, issue, "edited", call.login, changes={})
    return Reply(200, call.shapes.full_pull(call.repo, issue))


def _set_state(call: Call, issue: Issue, pull: Pull, heads: Heads) -> None:
    if issue.state == "open":
        heads.close(call.repo, issue, call.login)
    elif pull.merged_at:
        raise invalid(
            "PullRequest", "state", "custom", "state cannot be changed. The pull request is merged."
        )
    else:
        heads.reopen(call.repo, issue, call.login)


def _retarget(call: Call, issue: Issue, pull: Pull, base: str) -> None:
    sha = call.repo.git.ref(f"refs/heads/{base}")
    if sha is None:
        raise invalid("PullRequest", "base", "invalid")
    pull.base_branch, pull.base_sha = base, sha
    Heads(call.world, call.events).point(call.repo, issue, pull)


def _files(call: Call) -> Reply:
    _, pull = pull_of(call)
    start = call.repo.git.merge_base(pull.base_sha, pull.head_sha)
    changes = call.repo.git.changes(start, pull.head_sha)[:MAX_FILES]
    return call.page([call.shapes.change(call.repo, pull.head_sha, change) for change in changes])


def _commits(call: Call) -> Reply:
    _, pull = pull_of(call)
    start = call.repo.git.merge_base(pull.base_sha, pull.head_sha)
    shas = list(reversed(call.repo.git.log(pull.head_sha, start)))[:250]
    return call.page([call.shapes.commit(call.repo, call.repo.git.commit(sha)) for sha in shas])


def _of_commit(call: Call) -> Reply:
    """The pulls of a commit.

    As on GitHub a commit that only a fork's branch holds has none when the base is asked; the fork,
    or `pulls?head=owner:branch`, knows.
    """
    sha = call.commit("ref")
    own = {ref: tip for ref, tip in call.repo.git.refs().items() if ref.startswith("refs/heads/")}
    if not any(call.repo.git.is_ancestor(sha, tip) for tip in own.values()):
        return call.page([])
    found = [
        call.shapes.pull(home, issue)
        for home, issue, pull in call.world.pulls()
        if home.root == call.repo.root and sees(call.token, home) and _holds(home, pull, sha)
    ]
    return call.page(found)


def _holds(home: Repository, pull: Pull, sha: str) -> bool:
    if pull.merged_at:
        return sha in (pull.merge_sha, pull.head_sha)
    return home.git.is_ancestor(sha, pull.head_sha) and not home.git.is_ancestor(sha, pull.base_sha)


_TEXTS = {"title": text(), "body": maybe(text())}
_NEW = record(
    "head base title",
    **_TEXTS,
    head=text(),
    base=text(),
    head_repo=text(),
    draft=FLAG,
    maintainer_can_modify=FLAG,
    issue=COUNT,
)
_CHANGED = record(**_TEXTS, state=one_of("open", "closed"), base=text(), maintainer_can_modify=FLAG)
_READ, _WRITE = ("pull_requests:read",), ("pull_requests:write",)

ROUTES = (
    Route("GET", repo_path("/pulls"), _list, _READ),
    Route("POST", repo_path("/pulls"), _create, _WRITE, body=_NEW),
    Route("GET", repo_path("/pulls/{number}"), _get, _READ),
    Route("PATCH", repo_path("/pulls/{number}"), _edit, _WRITE, body=_CHANGED),
    Route("GET", repo_path("/pulls/{number}/files"), _files, _READ),
    Route("GET", repo_path("/pulls/{number}/commits"), _commits, _READ),
    Route("GET", repo_path("/commits/{ref}/pulls"), _of_commit, _READ),
)
