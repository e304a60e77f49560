"""The door: what each call sends and reads, and what it never does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from bot.github.errors import CannotReadPermission, CannotReadPull
from bot.github.records import Pull
from bot.github.repository import Connection, as_installation
from tests.bot.conftest import REPO, Door
from tests.fakes.github import FakeGitHub


def test_a_pull_request_is_read(fake: FakeGitHub, door: Door) -> None:
    number = fake.add_pull(REPO, author="alice")
    head = fake.pull(REPO, number).head_sha
    assert door().pull(number) == Pull(number, "open", head, REPO, "main", "alice")


def test_the_pull_requests_of_a_forks_commit_are_found(fake: FakeGitHub, door: Door) -> None:
    fake.add_pull(REPO, head="other")
    number = fake.add_pull(REPO, fork=True, author="mallory")
    head = fake.pull(REPO, number).head_sha
    assert [pull.number for pull in door().open_pulls_at(head, "mallory/shop", "change")] == [number]
    assert door().open_pulls_at("0" * 40, "mallory/shop", "change") == ()
    assert door().open_pulls_at(head, None, "change") == ()


def test_a_job_knows_its_own_name(door: Door) -> None:
    assert door().login() == "github-actions[bot]"


def test_a_token_that_is_refused_has_no_name(door: Door) -> None:
    assert door(token="ghs_no").login() is None


def test_a_permission_is_read_as_it_is_now(fake: FakeGitHub, door: Door) -> None:
    fake.set_role(REPO, "alice", "maintain")
    assert door().permission("alice") == "maintain"
    fake.set_role(REPO, "alice", "read")
    assert door().permission("alice") == "read"


@pytest.mark.parametrize("login", ["../../pulls", "a/b", "a?b", "", "a%2fb"])
def test_a_login_cannot_lead_to_another_call(fake: FakeGitHub, door: Door, login: str) -> None:
    with pytest.raises(CannotReadPermission):
        door().permission(login)
    assert list(fake.log) == []


def test_everything_of_many_pages_is_read(fake: FakeGitHub, door: Door) -> None:
    number = fake.add_pull(REPO)
    for turn in range(230):
        fake.comment(REPO, number, f"{turn}")
    assert [comment.body for comment in door().comments(number)] == [f"{turn}" for turn in range(230)]


def test_deleting_what_is_gone_is_fine(fake: FakeGitHub, door: Door) -> None:
    door().delete_comment(4_711)


def test_a_message_of_github_is_told_with_its_first_error(fake: FakeGitHub, door: Door) -> None:
    fake.fail(
        "GET */pulls/*", status=422, body={"message": "Validation Failed", "errors": [{"code": "custom"}]}
    )
    with pytest.raises(CannotReadPull, match=r"GitHub answered 422 \(Validation Failed: custom\)"):
        door().pull(1)


def test_a_page_instead_of_json_is_told_by_its_beginning(fake: FakeGitHub, door: Door) -> None:
    fake.fail("GET */pulls/*", status=400, body=b"<html>proxy" + b" x" * 9_000)
    with pytest.raises(CannotReadPull) as refused:
        door().pull(1)
    assert len(str(refused.value)) < 500


def test_an_apps_token_is_asked_for_with_its_permissions_named(fake: FakeGitHub) -> None:
    private, public = _keys()
    app = fake.add_app(
        "crew", key=public, permissions={"checks": "write", "metadata": "read", "contents": "write"}
    )
    installed = fake.install(app, "acme")
    connection = Connection(fake.url, REPO, seconds_between_writes=0)
    github = as_installation(connection, str(app.id), private, installed.id, {"checks": "write"})
    sha = fake.head(REPO)
    github.create_check({"name": "crew", "head_sha": sha, "external_id": "x", "status": "queued"})
    asked = [entry.body for entry in fake.log if entry.path.endswith("/access_tokens")]
    assert asked == [{"permissions": {"checks": "write"}}]


def test_an_apps_token_without_named_permissions_is_never_asked_for() -> None:
    with pytest.raises(InvalidInput, match="would mean all"):
        as_installation(Connection("https://api.github.com", REPO), "1", "key", 2, {})


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    script = "import sys; sys.modules['github'] = None\nimport bot.github.repository"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "uv tool install 'agentcrewops[github]'" in done.stderr


def _keys() -> tuple[str, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
