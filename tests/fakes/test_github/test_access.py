"""Who gets in, and what GitHub says to those who do not."""

from __future__ import annotations

import pytest

from tests.fakes.github import FakeGitHub
from tests.fakes.test_github.shop import PATH, SHOP, Shop


def test_a_token_nobody_gave_out_is_bad_credentials(shop: Shop) -> None:
    answer = shop.fake.client("ghs_invented").get(PATH)
    assert (answer.status, answer.message) == (401, "Bad credentials")


def test_a_token_expires(fake: FakeGitHub) -> None:
    fake.add_repo(SHOP)
    late = fake.client(fake.token("actions", seconds=-1))
    assert late.get(PATH).status == 401


def test_a_revoked_token_is_worthless(shop: Shop) -> None:
    token = shop.fake.token("actions")
    shop.fake.revoke(token)
    assert shop.fake.client(token).get(PATH).status == 401


def test_a_missing_permission_is_named_as_github_names_it(shop: Shop) -> None:
    answer = shop.with_permissions(contents="read").post(f"{PATH}/issues/1/comments", {"body": "hi"})
    assert (answer.status, answer.message) == (403, "Resource not accessible by integration")
    assert answer.headers["x-accepted-github-permissions"] == "issues=write; pull_requests=write"


def test_reading_is_not_writing(shop: Shop) -> None:
    reader = shop.with_permissions(checks="read")
    assert reader.get(f"{PATH}/commits/{shop.head}/check-runs").status == 200
    assert reader.post(f"{PATH}/check-runs", {"name": "x", "head_sha": shop.head}).status == 403


def test_permissions_may_be_written_as_in_a_workflow(shop: Shop) -> None:
    token = shop.fake.token("actions", {"pull-requests": "write"})
    assert shop.fake.client(token).post(f"{PATH}/issues/1/comments", {"body": "hi"}).status == 201


def test_the_token_of_a_forks_run_can_only_read(shop: Shop) -> None:
    token = shop.fake.token("actions", {"checks": "write", "contents": "read"}, fork=True)
    answer = shop.fake.client(token).post(f"{PATH}/check-runs", {"name": "x", "head_sha": shop.head})
    assert answer.status == 403


def test_a_private_repository_is_not_there_for_strangers(fake: FakeGitHub) -> None:
    fake.add_repo("acme/vault", private=True)
    stranger = fake.client(fake.token("user", login="mallory"))
    assert stranger.get("/repos/acme/vault").status == 404
    assert fake.client().get("/repos/acme/vault").status == 404


def test_a_workflows_token_reaches_its_own_repository_only(shop: Shop) -> None:
    shop.fake.add_repo("acme/other")
    own = shop.fake.client(shop.fake.token("actions", {"issues": "write"}, repo=SHOP))
    answer = own.post("/repos/acme/other/issues", {"title": "hi"})
    assert (answer.status, answer.message) == (403, "Resource not accessible by integration")


def test_nobody_writes_without_a_token(shop: Shop) -> None:
    assert shop.fake.client().get(PATH).status == 200
    assert shop.fake.client().post(f"{PATH}/issues", {"title": "hi"}).status == 401


def test_a_person_is_bound_by_the_role(shop: Shop) -> None:
    status = {"state": "success"}
    assert shop.person("bob").post(f"{PATH}/statuses/{shop.head}", status).status == 403
    assert shop.person("alice").post(f"{PATH}/statuses/{shop.head}", status).status == 201


def test_a_fine_grained_token_needs_its_permission_too(shop: Shop) -> None:
    token = shop.fake.token("user", {"contents": "read"}, login="alice")
    answer = shop.fake.client(token).post(f"{PATH}/statuses/{shop.head}", {"state": "success"})
    assert answer.message == "Resource not accessible by personal access token"


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("acme", "admin", "admin"),
        ("alice", "write", "write"),
        ("bob", "read", "read"),
        ("tess", "read", "triage"),
        ("max", "write", "maintain"),
        ("mallory", "read", "read"),
    ],
)
def test_a_live_permission_has_four_names_and_a_role(
    shop: Shop, login: str, permission: str, role: str
) -> None:
    shop.fake.set_role(SHOP, "tess", "triage")
    shop.fake.set_role(SHOP, "max", "maintain")
    shop.fake.add_user("mallory")
    answer = shop.bot.get(f"{PATH}/collaborators/{login}/permission")
    assert (answer.body["permission"], answer.body["role_name"]) == (permission, role)


def test_the_permission_of_nobody_is_not_found(shop: Shop) -> None:
    assert shop.bot.get(f"{PATH}/collaborators/nobody/permission").status == 404


def test_an_app_has_no_user(shop: Shop) -> None:
    assert shop.bot.get("/user").status == 403
    assert shop.person("alice").get("/user").body["login"] == "alice"
