"""What an App asks with its JWT: itself, its installations, tokens for them, and its webhook deliveries."""

from __future__ import annotations

import secrets

from tests.fakes.github.bodies import COUNT, many, record, text
from tests.fakes.github.events import Delivery
from tests.fakes.github.routes import Call, Route, repo_path
from tests.fakes.github.shapes import Json
from tests.fakes.github.state import LEVELS, App, Installation, Token, instant
from tests.fakes.github.wire import Reply, not_found, refused

TOKEN_SECONDS = 3600


def _me(call: Call) -> Reply:
    return Reply(200, call.shapes.app(_app(call)))


def _app(call: Call) -> App:
    return call.world.apps[call.token.app_id or 0]


def _own(call: Call) -> list[Installation]:
    return [one for one in call.world.installations.values() if one.app_id == call.token.app_id]


def _installations(call: Call) -> Reply:
    return call.page([call.shapes.installation(one) for one in _own(call)])


def _installation_of(call: Call) -> Installation:
    for one in _own(call):
        if one.id == call.number("installation_id"):
            return one
    raise not_found()


def _installation(call: Call) -> Reply:
    return Reply(200, call.shapes.installation(_installation_of(call)))


def _of_repository(call: Call) -> Reply:
    name, owner = call.repo.full_name.lower(), call.repo.owner.lower()
    for one in _own(call):
        if one.account.lower() == owner and (one.repositories is None or name in one.repositories):
            return Reply(200, call.shapes.installation(one))
    raise not_found()


def _access_token(call: Call) -> Reply:
    installation = _installation_of(call)
    permissions = _permissions(installation, call.body.get("permissions"))
    repositories = _repositories(call, installation)
    expires = call.world.clock() + TOKEN_SECONDS
    token = Token(
        value=f"ghs_{secrets.token_hex(18)}",
        kind="installation",
        login=_app(call).login,
        permissions=permissions,
        repositories=repositories,
        app_id=installation.app_id,
        installation_id=installation.id,
        expires=expires,
    )
    call.world.tokens[token.value] = token
    named = [call.world.repository(one) for one in sorted(repositories)]
    chosen = (
        "repositories" in call.body or "repository_ids" in call.body or installation.repositories is not None
    )
    body: Json = {
        "token": token.value,
        "expires_at": instant(expires),
        "permissions": {"metadata": "read", **permissions},
        "repository_selection": "selected" if chosen else "all",
    }
    if chosen:
        body["repositories"] = [call.shapes.full_repository(one, "read") for one in named]
    return Reply(201, body)


def _permissions(installation: Installation, wanted: dict[str, str] | None) -> dict[str, str]:
    """The wanted ones, which must be held; all that are held when nothing is said.

    An empty object asks for nothing and gets nothing but `metadata: read`.
    """
    if wanted is None:
        return dict(installation.permissions)
    for scope, level in wanted.items():
        held = "read" if scope == "metadata" else installation.permissions.get(scope, "none")
        if level not in LEVELS[1:] or LEVELS.index(level) > LEVELS.index(held):
            raise refused(422, "The permissions requested are not granted to this installation.")
    return {scope: level for scope, level in wanted.items() if scope != "metadata"}


def _repositories(call: Call, installation: Installation) -> set[str]:
    """Full names; 422 for one that the installation does not reach."""
    reach = {
        full_name: repo
        for full_name, repo in call.world.repositories.items()
        if repo.owner.lower() == installation.account.lower()
        and (installation.repositories is None or full_name in installation.repositories)
    }
    names, numbers = call.body.get("repositories"), call.body.get("repository_ids")
    if names is None and numbers is None:
        return set(reach)
    wanted_names = {name.lower() for name in names or ()}
    found = {
        full_name
        for full_name, repo in reach.items()
        if repo.name.lower() in wanted_names or repo.id in (numbers or ())
    }
    if len(found) < len(wanted_names | set(numbers or ())):
        message = (
            "There is at least one repository that does not exist "
            "or is not accessible to the parent installation."
        )
        raise refused(422, message)
    return found


def _reachable(call: Call) -> Reply:
    if call.token.kind != "installation":
        raise refused(403, "Resource not accessible by integration")
    names = sorted(call.token.repositories or ())
    shown = [call.shapes.full_repository(call.world.repository(name), "read") for name in names]
    return call.page(shown, "repositories")


# -- webhook deliveries


def _deliveries(call: Call) -> Reply:
    found = [one for one in reversed(call.events.deliveries) if one.app_id == call.token.app_id]
    size = min(int(call.wanted("per_page") or 30), 100)
    cursor = call.wanted("cursor")
    if cursor is not None:
        found = [one for one in found if one.id < int(cursor)]
    page, rest = found[:size], found[size:]
    url = f"{call.world.url}/app/hook/deliveries?per_page={size}&cursor={page[-1].id if page else 0}"
    headers = {"Link": f'<{url}>; rel="next"'} if rest else {}
    return Reply(200, [_item(one) for one in page], headers)


def _item(one: Delivery) -> Json:
    """hook-delivery-item"""
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": one.delivered_at,
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.installation_id,
        "repository_id": one.repository_id,
        "throttled_at": None,
    }


def _delivery_of(call: Call) -> Delivery:
    for one in call.events.deliveries:
        if one.id == call.number("delivery_id") and one.app_id == call.token.app_id:
            return one
    raise not_found()


def _delivery(call: Call) -> Reply:
    one = _delivery_of(call)
    request = {"headers": dict(one.headers), "payload": one.payload}
    response = {"headers": dict(one.answer_headers), "payload": one.answer}
    return Reply(200, {**_item(one), "request": request, "response": response})


def _redeliver(call: Call) -> Reply:
    call.events.redeliver(_delivery_of(call).id)
    return Reply(202, {})


def _hook(call: Call) -> Reply:
    app = _app(call)
    secret = "********" if app.hook_secret else None
    shape = {"url": app.hook_url, "content_type": app.content_type, "insecure_ssl": "0"}
    return Reply(200, shape | ({"secret": secret} if secret else {}))


def _set_hook(call: Call) -> Reply:
    app = _app(call)
    app.hook_url = call.body.get("url", app.hook_url)
    app.hook_secret = call.body.get("secret", app.hook_secret)
    app.content_type = call.body.get("content_type", app.content_type)
    return _hook(call)


_TOKEN = record(
    repositories=many(text(), 500), repository_ids=many(COUNT, 500), permissions={"type": "object"}
)
_HOOK = record(url=text(), secret=text(), content_type=text(), insecure_ssl={})

ROUTES = (
    Route("GET", "/app", _me, jwt=True),
    Route("GET", "/app/installations", _installations, jwt=True),
    Route("GET", "/app/installations/{installation_id}", _installation, jwt=True),
    Route("POST", "/app/installations/{installation_id}/access_tokens", _access_token, body=_TOKEN, jwt=True),
    Route("GET", repo_path("/installation"), _of_repository, jwt=True),
    Route("GET", "/installation/repositories", _reachable),
    Route("GET", "/app/hook/config", _hook, jwt=True),
    Route("PATCH", "/app/hook/config", _set_hook, body=_HOOK, jwt=True),
    Route("GET", "/app/hook/deliveries", _deliveries, jwt=True),
    Route("GET", "/app/hook/deliveries/{delivery_id}", _delivery, jwt=True),
    Route("POST", "/app/hook/deliveries/{delivery_id}/attempts", _redeliver, jwt=True),
)
