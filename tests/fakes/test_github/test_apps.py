"""Apps: JWTs, installations and their tokens."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from tests.fakes.github import Client, FakeGitHub
from tests.fakes.github.state import App
from tests.fakes.test_github.shop import PATH, SHOP, new_keys

Keys = tuple[str, bytes]


@pytest.fixture
def app(fake: FakeGitHub, keys: Keys) -> App:
    fake.add_repo(SHOP)
    fake.add_repo("acme/other")
    app = fake.add_app(permissions={"checks": "write", "contents": "read"}, key=keys[1])
    fake.install(app, "acme", [SHOP])
    return app


def _signed(app: App, private: str, algorithm: str = "RS256", **claims: Any) -> str:
    now = int(time.time())
    return jwt.encode({"iat": now - 30, "exp": now + 300, "iss": str(app.id), **claims}, private, algorithm)


def _as_app(fake: FakeGitHub, app: App, keys: Keys, **claims: Any) -> Client:
    return fake.client(_signed(app, keys[0], **claims))


def _token_path(fake: FakeGitHub) -> str:
    return f"/app/installations/{next(iter(fake.world.installations))}/access_tokens"


def test_an_app_shows_who_it_is(fake: FakeGitHub, app: App, keys: Keys) -> None:
    body = _as_app(fake, app, keys).get("/app").body
    assert (body["slug"], body["permissions"]["checks"]) == ("agentcrewops", "write")
    assert _as_app(fake, app, keys, iss=app.client_id).get("/app").status == 200


@pytest.mark.parametrize(
    ("claim", "seconds", "message"),
    [
        ("exp", 700, "'Expiration time' claim ('exp') is too far in the future"),
        ("exp", -5, "'Expiration time' claim ('exp') must be a numeric value"),
        ("iat", 200, "'Issued at' claim ('iat') must be an Integer"),
    ],
)
def test_a_jwt_lives_ten_minutes_and_starts_now(
    fake: FakeGitHub, app: App, keys: Keys, claim: str, seconds: int, message: str
) -> None:
    answer = _as_app(fake, app, keys, **{claim: int(time.time()) + seconds}).get("/app")
    assert (answer.status, answer.message[: len(message)]) == (401, message)


def test_a_clock_that_is_a_little_ahead_is_forgiven(fake: FakeGitHub, app: App, keys: Keys) -> None:
    assert _as_app(fake, app, keys, iat=int(time.time()) + 30).get("/app").status == 200


def test_a_jwt_of_another_key_is_refused(fake: FakeGitHub, app: App) -> None:
    answer = fake.client(_signed(app, new_keys()[0])).get("/app")
    assert (answer.status, answer.message) == (401, "A JSON web token could not be decoded")


def test_a_jwt_signed_with_the_public_key_as_a_secret_is_refused(fake: FakeGitHub, app: App) -> None:
    assert fake.client(_signed(app, "x" * 32, "HS256")).get("/app").status == 401


def test_a_jwt_of_no_app_is_refused(fake: FakeGitHub, app: App, keys: Keys) -> None:
    assert _as_app(fake, app, keys, iss="999").get("/app").message == "Integration not found"


def test_a_token_is_no_jwt(fake: FakeGitHub, app: App) -> None:
    assert fake.client(fake.token("installation", app=app)).get("/app").status == 401


def test_an_installation_is_found_by_repository(fake: FakeGitHub, app: App, keys: Keys) -> None:
    client = _as_app(fake, app, keys)
    assert client.get(f"{PATH}/installation").body["app_slug"] == app.slug
    assert client.get("/repos/acme/other/installation").status == 404


def test_a_token_has_what_was_asked_for_and_works(fake: FakeGitHub, app: App, keys: Keys) -> None:
    body = _as_app(fake, app, keys).post(_token_path(fake), {"permissions": {"checks": "write"}}).body
    assert body["permissions"] == {"metadata": "read", "checks": "write"}
    bot = fake.client(body["token"])
    run = {"name": "x", "head_sha": fake.head(SHOP)}
    assert bot.post(f"{PATH}/check-runs", run).body["app"]["slug"] == app.slug
    assert bot.get(f"{PATH}/contents/README.md").status == 403


def test_a_token_never_has_more_than_was_granted(fake: FakeGitHub, app: App, keys: Keys) -> None:
    for wanted in ({"contents": "write"}, {"issues": "read"}):
        answer = _as_app(fake, app, keys).post(_token_path(fake), {"permissions": wanted})
        assert answer.message == "The permissions requested are not granted to this installation."


def test_nothing_said_is_all_and_an_empty_object_is_nothing(fake: FakeGitHub, app: App, keys: Keys) -> None:
    client = _as_app(fake, app, keys)
    assert client.post(_token_path(fake)).body["permissions"]["checks"] == "write"
    empty = client.post(_token_path(fake), {"permissions": {}}).body
    assert empty["permissions"] == {"metadata": "read"}


def test_a_token_reaches_only_the_repositories_of_the_installation(
    fake: FakeGitHub, app: App, keys: Keys
) -> None:
    client = _as_app(fake, app, keys)
    assert client.post(_token_path(fake), {"repositories": ["other"]}).status == 422
    bot = fake.client(client.post(_token_path(fake)).body["token"])
    run = {"name": "x", "head_sha": fake.head("acme/other")}
    assert bot.post("/repos/acme/other/check-runs", run).status == 403
    reached = bot.get("/installation/repositories").body["repositories"]
    assert [repo["full_name"] for repo in reached] == [SHOP]


def test_a_token_expires_after_an_hour(keys: Keys) -> None:
    now = [time.time()]
    with FakeGitHub(clock=lambda: now[0]) as fake:
        fake.add_repo(SHOP)
        app = fake.add_app(permissions={"contents": "read"}, key=keys[1])
        fake.install(app, "acme")
        bot = fake.client(_as_app(fake, app, keys).post(_token_path(fake)).body["token"])
        assert bot.get(PATH).status == 200
        now[0] += 3601
        assert bot.get(PATH).status == 401


def test_another_apps_installation_is_not_found(fake: FakeGitHub, app: App) -> None:
    private, public = new_keys()
    stranger = fake.add_app("stranger", key=public)
    assert fake.client(_signed(stranger, private)).post(_token_path(fake)).status == 404
