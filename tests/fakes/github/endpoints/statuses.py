"""Commit statuses."""

from __future__ import annotations

from tests.fakes.github.bodies import maybe, one_of, record, text
from tests.fakes.github.routes import Call, Route, repo_path
from tests.fakes.github.shapes import Json
from tests.fakes.github.state import Status
from tests.fakes.github.wire import Reply, invalid, refused

MAX_DESCRIPTION = 140
MAX_CONTEXT = 140
MAX_PER_CONTEXT = 1000


def _create(call: Call) -> Reply:
    sha = call.args["sha"]
    if not call.repo.git.has(sha):
        raise refused(422, f"No commit found for SHA: {sha}")
    context, description = call.body.get("context", "default"), call.body.get("description")
    _check_length("description", description or "", MAX_DESCRIPTION)
    _check_length("context", context, MAX_CONTEXT)
    _check_url(call.body.get("target_url"))
    before = [s for s in call.repo.statuses if (s.sha, s.context) == (sha, context)]
    if len(before) >= MAX_PER_CONTEXT:
        message = "This SHA and context has reached the maximum number of statuses."
        raise refused(
            422, "Validation Failed", errors=[{"resource": "Status", "code": "custom", "message": message}]
        )
    url, state = call.body.get("target_url"), call.body["state"]
    made = Status(next(call.world.ids), sha, context, state, description, url, call.login, call.world.now())
    call.repo.statuses.append(made)
    shape = call.shapes.status(call.repo, made)
    call.events.fire(call.repo, "status", {"sha": sha, **shape}, call.login)
    return Reply(201, shape)


def _check_length(name: str, given: str, most: int) -> None:
    if len(given) > most:
        raise invalid("Status", name, "custom", f"{name} is too long (maximum is {most} characters)")


def _check_url(url: str | None) -> None:
    if url and not url.startswith(("http://", "https://")):
        raise invalid("Status", "target_url", "custom", "target_url must use http(s) scheme")


def _list(call: Call) -> Reply:
    sha = call.commit("ref")
    found = [s for s in reversed(call.repo.statuses) if s.sha == sha]
    return call.page([call.shapes.status(call.repo, status) for status in found])


def _combined(call: Call) -> Reply:
    sha = call.commit("ref")
    latest = {status.context: status for status in call.repo.statuses if status.sha == sha}
    shown = [_simple(call, status) for status in latest.values()]
    states = {status.state for status in latest.values()}
    api = call.shapes.api(call.repo)
    return Reply(
        200,
        {
            "state": _combined_state(states),
            "statuses": shown,
            "sha": sha,
            "total_count": len(shown),
            "repository": call.shapes.repository(call.repo),
            "commit_url": f"{api}/commits/{sha}",
            "url": f"{api}/commits/{sha}/status",
        },
    )


def _combined_state(states: set[str]) -> str:
    if states & {"error", "failure"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


def _simple(call: Call, status: Status) -> Json:
    shape = call.shapes.status(call.repo, status)
    return {name: value for name, value in shape.items() if name != "creator"}


_NEW = record(
    "state",
    state=one_of("error", "failure", "pending", "success"),
    target_url=maybe(text()),
    description=maybe(text()),
    context=text(),
)

ROUTES = (
    Route("POST", repo_path("/statuses/{sha}"), _create, ("statuses:write",), role="write", body=_NEW),
    Route("GET", repo_path("/commits/{ref}/statuses"), _list, ("statuses:read",)),
    # No longer documented, still there; PyGithub asks here.
    Route("GET", repo_path("/statuses/{ref}"), _list, ("statuses:read",)),
    Route("GET", repo_path("/commits/{ref}/status"), _combined, ("statuses:read",)),
)
