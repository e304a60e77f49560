"""What belongs to no repository: rate limit, users, rendered markdown."""

from __future__ import annotations

from markdown_it import MarkdownIt

from tests.fakes.github.bodies import one_of, record, text
from tests.fakes.github.routes import Call, Route
from tests.fakes.github.wire import Reply, not_found, not_permitted, refused

MAX_MARKDOWN_BYTES = 400_000


def _rate_limit(call: Call) -> Reply:
    token = call.token
    core = {
        "limit": token.limit,
        "used": token.used,
        "remaining": max(0, token.limit - token.used),
        "reset": int(token.reset),
    }
    other = {"limit": 30, "used": 0, "remaining": 30, "reset": int(token.reset)}
    return Reply(200, {"resources": {"core": core, "search": other, "graphql": other}, "rate": core})


def _me(call: Call) -> Reply:
    if call.token.kind == "anonymous":
        raise refused(401, "Requires authentication")
    if call.token.kind != "user":
        raise not_permitted(call.token.kind)
    return Reply(200, _public(call, call.login))


def _user(call: Call) -> Reply:
    if call.args["username"].lower() not in call.world.accounts:
        raise not_found()
    return Reply(200, _public(call, call.args["username"]))


def _public(call: Call, login: str) -> dict[str, object]:
    """public-user"""
    blank = {"name": None, "company": None, "blog": None, "location": None, "email": None, "hireable": None}
    counts = {"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0}
    dates = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    return {**call.shapes.user(login), **blank, "bio": None, **counts, **dates}


def _markdown(call: Call) -> Reply:
    """Approximate: CommonMark with tables and strikethrough, no mentions, no issue links; raw HTML is escaped."""
    given = call.body["text"]
    if len(given.encode()) > MAX_MARKDOWN_BYTES:
        raise refused(403, "This API renders markdown of up to 400 KB.")
    html = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render(given)
    return Reply(
        200, html.encode(), {"Content-Type": "text/html; charset=utf-8", "X-Fake-Approximate": "markdown"}
    )


_MARKDOWN = record("text", text=text(), mode=one_of("markdown", "gfm"), context=text())

ROUTES = (
    Route("GET", "/rate_limit", _rate_limit),
    Route("GET", "/user", _me),
    Route("GET", "/users/{username}", _user),
    Route("POST", "/markdown", _markdown, body=_MARKDOWN),
)
