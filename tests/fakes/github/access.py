"""Who is calling, and what they may do: tokens, App JWTs, roles and permissions."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import jwt

from tests.fakes.github.state import LEVELS, ROLES, App, Repository, Token, World
from tests.fakes.github.wire import Request, not_found, not_permitted, refused

MAX_JWT_SECONDS = 600
CLOCK_SKEW_SECONDS = 60
ANONYMOUS = "anonymous"


def caller_of(world: World, request: Request) -> Token:
    """The credential of a request; 401 for one that is not good, an anonymous one when there is none."""
    given = request.headers.get("authorization", "")
    scheme, _, value = given.partition(" ")
    match scheme.lower():
        case "":
            return Token("", ANONYMOUS, "", {}, limit=60)
        case "token" | "bearer":
            value = value.strip()
        case "basic":
            value = _password(value)
        case _:
            raise _bad_credentials()
    if value.count(".") == 2:
        return _app_caller(world, value)
    return _token(world, value)


def _token(world: World, value: str) -> Token:
    token = world.tokens.get(value)
    if token is None or (token.expires is not None and token.expires <= world.clock()):
        raise _bad_credentials()
    return token


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise _bad_credentials() from None


def _bad_credentials() -> Exception:
    return refused(401, "Bad credentials")


def _app_caller(world: World, value: str) -> Token:
    """Verify an App's JWT as GitHub does: RS256, its own key, and at most ten minutes."""
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise refused(401, "A JSON web token could not be decoded") from None
    app = _app_of(world, claims.get("iss"))
    _check_signature(value, app)
    _check_times(claims, world.clock())
    return Token(value, "app", app.login, {}, app_id=app.id)


def _app_of(world: World, issuer: object) -> App:
    for app in world.apps.values():
        if str(issuer) in (str(app.id), app.client_id):
            return app
    raise refused(404, "Integration not found")


def _check_signature(value: str, app: App) -> None:
    try:
        jwt.decode(value, app.key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
    except (jwt.PyJWTError, ValueError):
        raise refused(401, "A JSON web token could not be decoded") from None


def _check_times(claims: dict[str, Any], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or issued > now + CLOCK_SKEW_SECONDS:
        raise refused(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )
    if not isinstance(expires, int) or expires <= now:
        raise refused(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing "
            "the future time at which the assertion expires",
        )
    if expires > now + MAX_JWT_SECONDS:
        raise refused(401, "'Expiration time' claim ('exp') is too far in the future")


def sees(token: Token, repo: Repository) -> bool:
    """Whether this caller may know that the repository exists."""
    if not repo.private:
        return True
    if token.kind in (ANONYMOUS, "app"):
        return False
    if token.repositories is not None and repo.full_name.lower() not in token.repositories:
        return False
    return token.kind != "user" or repo.role(token.login) != "none"


def reaches(token: Token, repo: Repository) -> bool:
    """Whether the token was made for this repository."""
    return token.repositories is None or repo.full_name.lower() in token.repositories


def check_repository(token: Token, repo: Repository | None) -> Repository:
    """The repository, or 404 for one the caller may not see."""
    if repo is None or not sees(token, repo):
        raise not_found()
    return repo


def check_permission(
    token: Token, repo: Repository, needs: tuple[str, ...], role: str, reading: bool
) -> None:
    """Let the caller through, or refuse as GitHub does.

    `needs` is a list of alternatives, `scope:level`; `role` is what a user must be.
    """
    if token.kind == ANONYMOUS:
        if not reading:
            raise refused(401, "Requires authentication")
        return
    if token.kind == "app":
        raise refused(401, "Bad credentials")
    if not reaches(token, repo):
        if reading:
            return
        raise not_permitted(token.kind)
    if needs and not any(token.may(*need.split(":")) for need in needs):
        raise not_permitted(token.kind)
    if token.kind == "user":
        check_role(token, repo, role)


def check_role(token: Token, repo: Repository, role: str) -> None:
    """403 for a user whose role in the repository is too low."""
    if ROLES.index(repo.role(token.login)) < ROLES.index(role):
        raise refused(403, "Must have admin rights to Repository.")


def read_only(permissions: dict[str, str]) -> dict[str, str]:
    """What is left of permissions in a run for a fork's pull request."""
    return {scope: "read" for scope, level in permissions.items() if LEVELS.index(level) > 0}
