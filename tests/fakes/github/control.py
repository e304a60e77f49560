"""The fake's own methods over HTTP, for tests in other languages: `POST /_fake/<method>` with a JSON object."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.fakes.github.state import App, Issue, Repository
from tests.fakes.github.wire import Reply, Request

if TYPE_CHECKING:
    from tests.fakes.github.fake import FakeGitHub

METHODS = (
    "add_app", "add_artifact", "add_issue", "add_pull", "add_repo", "add_run", "add_user", "check_runs",
    "close_pull", "comment", "comments", "delete_branch", "edit_comment", "fail", "fork", "head", "install",
    "limit", "merge_pull", "press", "pull", "push", "revoke", "sarifs", "set_role", "statuses", "token",
)  # fmt: skip


def control(fake: FakeGitHub, request: Request) -> Reply:
    """The answer of a method; 400 with the reason when it could not be done."""
    name = request.path.removeprefix("/_fake/")
    if request.method == "GET":
        return _read(fake, name)
    if name not in METHODS:
        return Reply(404, {"error": f"no such method: {name}", "methods": METHODS})
    try:
        return Reply(200, plain(perform(fake, name, json.loads(request.raw or b"{}"))))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        return Reply(400, {"error": f"{type(problem).__name__}: {problem}"})


def _read(fake: FakeGitHub, name: str) -> Reply:
    match name:
        case "log":
            return Reply(200, [dataclasses.asdict(entry) for entry in fake.log])
        case "deliveries":
            return Reply(200, plain(fake.deliveries))
        case "violations":
            return Reply(200, fake.violations)
        case _:
            return Reply(404, {"error": f"no such page: {name}"})


def perform(fake: FakeGitHub, name: str, arguments: dict[str, Any]) -> Any:
    """Call a method by name; an App is named by its number."""
    if isinstance(arguments.get("app"), int):
        arguments = {**arguments, "app": fake.world.apps[arguments["app"]]}
    method: Callable[..., Any] = getattr(fake, name)
    return method(**arguments)


def plain(value: Any) -> Any:
    """A result as JSON can hold it."""
    match value:
        case Repository():
            return {
                "id": value.id,
                "full_name": value.full_name,
                "head": value.git.resolve(value.default_branch),
            }
        case App():
            return {"id": value.id, "slug": value.slug, "client_id": value.client_id}
        case Issue():
            return value.number
        case list() | tuple():
            return [plain(item) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "token"
            }
        case set():
            return sorted(value)
        case bytes():
            return value.decode(errors="replace")
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value
