"""Issues, their comments, labels and reactions; a pull request is an issue here."""

from __future__ import annotations

from tests.fakes.github.access import check_role
from tests.fakes.github.bodies import ANYTHING, many, maybe, one_of, record, text
from tests.fakes.github.heads import Heads
from tests.fakes.github.routes import Call, Route, no_content, repo_path
from tests.fakes.github.shapes import REACTIONS
from tests.fakes.github.state import ROLES, Comment, Issue, Label, Reaction
from tests.fakes.github.wire import Reply, invalid, not_found, not_permitted, refused

MAX_COMMENT = 65_536


def issue_of(call: Call) -> Issue:
    """The issue, or pull request, that the path names."""
    issue = call.repo.issues.get(call.number("number"))
    if issue is None:
        raise not_found()
    _check_scope(call, issue)
    return issue


def _check_scope(call: Call, issue: Issue) -> None:
    """`pull_requests` reaches pulls only; `issues` reaches both."""
    level = "read" if call.request.method == "GET" else "write"
    if issue.pull is None and not call.token.may("issues", level) and call.token.kind != "anonymous":
        raise not_permitted(call.token.kind)


# -- issues


def _list(call: Call) -> Reply:
    state, labels = call.wanted("state", "open"), (call.wanted("labels") or "").lower().split(",")
    creator = call.wanted("creator")
    found = [
        issue
        for issue in call.repo.issues.values()
        if (state == "all" or issue.state == state)
        and all(label in [name.lower() for name in issue.labels] for label in labels if label)
        and (creator is None or issue.author.lower() == creator.lower())
    ]
    found.sort(key=lambda issue: issue.number, reverse=call.wanted("direction", "desc") == "desc")
    return call.page([call.shapes.issue(call.repo, issue) for issue in found])


def _get(call: Call) -> Reply:
    return Reply(200, call.shapes.issue(call.repo, issue_of(call)))


def _create(call: Call) -> Reply:
    title = call.body["title"]
    if not isinstance(title, str) or not title.strip():
        raise invalid("Issue", "title", "missing_field")
    _check_length("Issue", call.body.get("body"))
    now = call.world.now()
    issue = Issue(
        next(call.world.ids), call.repo.next_number(), call.login, title, call.body.get("body"), now, now
    )
    # Labels and assignees of someone who may not set them are dropped without a word.
    if call.token.kind != "user" or ROLES.index(call.repo.role(call.login)) >= ROLES.index("triage"):
        issue.labels = _named(call, call.body.get("labels", []))
        issue.assignees = list(call.body.get("assignees", []))
    call.repo.issues[issue.number] = issue
    Heads(call.world, call.events).announce(call.repo, issue, "opened", call.login)
    return Reply(201, call.shapes.issue(call.repo, issue))


def _edit(call: Call) -> Reply:
    issue = issue_of(call)
    if call.token.kind == "user" and call.login != issue.author:
        check_role(call.token, call.repo, "triage")
    _check_length("Issue", call.body.get("body"))
    issue.title = call.body.get("title", issue.title)
    issue.body = call.body.get("body", issue.body)
    if "labels" in call.body:
        issue.labels = _named(call, call.body["labels"])
    issue.updated = call.world.now()
    heads = Heads(call.world, call.events)
    if call.body.get("state", issue.state) != issue.state:
        (heads.close if issue.state == "open" else heads.reopen)(call.repo, issue, call.login)
    return Reply(200, call.shapes.issue(call.repo, issue))


# -- comments


def comment_of(call: Call) -> Comment:
    """The comment that the path names."""
    comment = call.repo.comments.get(call.number("comment_id"))
    if comment is None:
        raise not_found()
    _check_scope(call, call.repo.issues[comment.number])
    return comment


def _comments(call: Call) -> Reply:
    issue = issue_of(call)
    found = [c for c in call.repo.comments.values() if c.number == issue.number]
    if since := call.wanted("since"):
        found = [c for c in found if c.updated >= since]
    return call.page([call.shapes.comment(call.repo, comment) for comment in found])


def _all_comments(call: Call) -> Reply:
    found = list(call.repo.comments.values())
    return call.page([call.shapes.comment(call.repo, comment) for comment in found])


def _comment(call: Call) -> Reply:
    return Reply(200, call.shapes.comment(call.repo, comment_of(call)))


def _add_comment(call: Call) -> Reply:
    issue = issue_of(call)
    if issue.locked and call.token.kind == "user":
        check_role(call.token, call.repo, "write")
    body = _checked_body(call)
    now = call.world.now()
    comment = Comment(next(call.world.ids), issue.number, call.login, body, now, now, call.token.app_id)
    call.repo.comments[comment.id] = comment
    issue.updated = now
    announce_comment(call, comment, "created")
    return Reply(201, call.shapes.comment(call.repo, comment))


def _edit_comment(call: Call) -> Reply:
    comment = comment_of(call)
    _check_author(call, comment)
    before, comment.body = comment.body, _checked_body(call)
    comment.updated = call.world.now()
    announce_comment(call, comment, "edited", changes={"body": {"from": before}})
    return Reply(200, call.shapes.comment(call.repo, comment))


def _delete_comment(call: Call) -> Reply:
    comment = comment_of(call)
    _check_author(call, comment)
    announce_comment(call, comment, "deleted")
    del call.repo.comments[comment.id]
    return no_content()


def announce_comment(call: Call, comment: Comment, action: str, **more: object) -> None:
    """Send `issue_comment`."""
    issue = call.repo.issues[comment.number]
    payload = {
        "action": action,
        "issue": call.shapes.issue(call.repo, issue),
        "comment": call.shapes.comment(call.repo, comment),
        **more,
    }
    call.events.fire(call.repo, "issue_comment", payload, call.login)


def _check_author(call: Call, comment: Comment) -> None:
    if call.token.kind == "user" and call.login != comment.author:
        check_role(call.token, call.repo, "write")


def _checked_body(call: Call) -> str:
    body = call.body["body"]
    if not isinstance(body, str) or not body.strip():
        raise invalid("IssueComment", "body", "missing_field", "Body can't be blank")
    _check_length("IssueComment", body)
    return body


def _check_length(resource: str, body: object) -> None:
    if isinstance(body, str) and len(body) > MAX_COMMENT:
        message = f"Body is too long (maximum is {MAX_COMMENT} characters)"
        raise invalid(resource, "data", "unprocessable", message)


# -- labels


def _labels(call: Call) -> Reply:
    return call.page([call.shapes.label(call.repo, label) for label in call.repo.labels.values()])


def _label(call: Call) -> Reply:
    label = call.repo.labels.get(call.args["name"].lower())
    if label is None:
        raise not_found()
    return Reply(200, call.shapes.label(call.repo, label))


def _create_label(call: Call) -> Reply:
    name, color = call.body["name"], call.body.get("color", "ededed")
    if name.lower() in call.repo.labels:
        raise invalid("Label", "name", "already_exists")
    if len(name) > 50:
        raise invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)")
    if len(color) != 6 or not all(c in "0123456789abcdefABCDEF" for c in color):
        raise invalid("Label", "color", "invalid")
    if len(call.body.get("description") or "") > 100:
        raise invalid("Label", "description", "custom", "description is too long (maximum is 100 characters)")
    label = Label(next(call.world.ids), name, color, call.body.get("description"))
    call.repo.labels[name.lower()] = label
    return Reply(201, call.shapes.label(call.repo, label))


def _issue_labels(call: Call) -> Reply:
    issue = issue_of(call)
    return call.page([call.shapes.label(call.repo, call.repo.labels[name.lower()]) for name in issue.labels])


def _add_labels(call: Call) -> Reply:
    return _with_labels(call, [*issue_of(call).labels, *_given_labels(call)])


def _set_labels(call: Call) -> Reply:
    return _with_labels(call, _given_labels(call))


def _given_labels(call: Call) -> list[object]:
    return list(call.body if isinstance(call.body, list) else call.body.get("labels", []))


def _with_labels(call: Call, wanted: list[object]) -> Reply:
    issue = issue_of(call)
    issue.labels = _named(call, wanted)
    shown = [call.shapes.label(call.repo, call.repo.labels[name.lower()]) for name in issue.labels]
    return Reply(200, shown)


def _remove_label(call: Call) -> Reply:
    issue = issue_of(call)
    left = [name for name in issue.labels if name.lower() != call.args["name"].lower()]
    if left == issue.labels:
        raise refused(404, "Label does not exist")
    issue.labels = left
    return Reply(200, [call.shapes.label(call.repo, call.repo.labels[name.lower()]) for name in left])


def _named(call: Call, wanted: list[object]) -> list[str]:
    """Names without doubles; an unknown label is made, as GitHub does."""
    names = [one["name"] if isinstance(one, dict) else str(one) for one in wanted]
    for name in names:
        if name.lower() not in call.repo.labels:
            call.repo.labels[name.lower()] = Label(next(call.world.ids), name, "ededed")
    return [call.repo.labels[key].name for key in dict.fromkeys(name.lower() for name in names)]


# -- reactions


def _reactions_of(call: Call) -> list[Reaction]:
    return comment_of(call).reactions if "comment_id" in call.args else issue_of(call).reactions


def _reactions(call: Call) -> Reply:
    wanted = call.wanted("content")
    found = [r for r in _reactions_of(call) if wanted in (None, r.content)]
    return call.page([call.shapes.reaction(reaction) for reaction in found])


def _react(call: Call) -> Reply:
    reactions, content = _reactions_of(call), call.body["content"]
    for known in reactions:
        if (known.author, known.content) == (call.login, content):
            return Reply(200, call.shapes.reaction(known))
    reaction = Reaction(next(call.world.ids), call.login, content, call.world.now())
    reactions.append(reaction)
    return Reply(201, call.shapes.reaction(reaction))


def _unreact(call: Call) -> Reply:
    reactions = _reactions_of(call)
    for reaction in reactions:
        if reaction.id == call.number("reaction_id"):
            if call.token.kind == "user" and reaction.author != call.login:
                raise not_found()
            reactions.remove(reaction)
            return no_content()
    raise not_found()


_READ = ("issues:read", "pull_requests:read")
_WRITE = ("issues:write", "pull_requests:write")
_BODY = record("body", body=ANYTHING)
_LABELS = {"anyOf": [{"type": "array"}, record("labels", labels=many(ANYTHING))]}
_ISSUE = {
    "body": maybe(text()),
    "labels": many(ANYTHING),
    "assignees": many(text()),
    "assignee": ANYTHING,
    "milestone": ANYTHING,
    "type": ANYTHING,
}
_CHANGED = record(
    title=text(),
    state=one_of("open", "closed"),
    state_reason=one_of("completed", "not_planned", "duplicate", "reopened"),
    **_ISSUE,
)
_REACTION = record("content", content=one_of(*REACTIONS))
_COMMENT = repo_path("/issues/comments/{comment_id}")
_ISSUE_PATH = repo_path("/issues/{number}")

ROUTES = (
    Route("GET", repo_path("/issues"), _list, _READ),
    Route(
        "POST",
        repo_path("/issues"),
        _create,
        ("issues:write",),
        body=record("title", title=ANYTHING, **_ISSUE),
    ),
    Route("GET", repo_path("/issues/comments"), _all_comments, _READ),
    Route("GET", _COMMENT, _comment, _READ),
    Route("PATCH", _COMMENT, _edit_comment, _WRITE, body=_BODY),
    Route("DELETE", _COMMENT, _delete_comment, _WRITE),
    Route("GET", _COMMENT + "/reactions", _reactions, _READ),
    Route("POST", _COMMENT + "/reactions", _react, _WRITE, body=_REACTION),
    Route("DELETE", _COMMENT + "/reactions/{reaction_id}", _unreact, _WRITE),
    Route("GET", _ISSUE_PATH, _get, _READ),
    Route("PATCH", _ISSUE_PATH, _edit, _WRITE, body=_CHANGED),
    Route("GET", _ISSUE_PATH + "/comments", _comments, _READ),
    Route("POST", _ISSUE_PATH + "/comments", _add_comment, _WRITE, body=_BODY),
    Route("GET", _ISSUE_PATH + "/labels", _issue_labels, _READ),
    Route("POST", _ISSUE_PATH + "/labels", _add_labels, _WRITE, role="triage", body=_LABELS),
    Route("PUT", _ISSUE_PATH + "/labels", _set_labels, _WRITE, role="triage", body=_LABELS),
    Route("DELETE", _ISSUE_PATH + "/labels/{name}", _remove_label, _WRITE, role="triage"),
    Route("GET", _ISSUE_PATH + "/reactions", _reactions, _READ),
    Route("POST", _ISSUE_PATH + "/reactions", _react, _WRITE, body=_REACTION),
    Route("DELETE", _ISSUE_PATH + "/reactions/{reaction_id}", _unreact, _WRITE),
    Route("GET", repo_path("/labels"), _labels, _READ),
    Route(
        "POST",
        repo_path("/labels"),
        _create_label,
        _WRITE,
        role="write",
        body=record("name", name=text(), color=text(), description=maybe(text())),
    ),
    Route("GET", repo_path("/labels/{name}"), _label, _READ),
)
