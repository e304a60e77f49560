"""Webhooks: what is sent, how it is signed, and what is known of it afterwards."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest

from tests.fakes.github import Client, FakeGitHub, signatures
from tests.fakes.github.server import LoopbackServer
from tests.fakes.github.state import App
from tests.fakes.github.wire import Reply, Request
from tests.fakes.test_github.shop import PATH, SHOP, Shop

SECRET = "It's a Secret to Everybody"


@dataclass(slots=True)
class Receiver:
    """Keeps what arrives and answers `status`."""

    status: int = 202
    got: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        self.got.append(request)
        return Reply(self.status, b"thanks", {"Content-Type": "text/plain"})


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def hook_url(receiver: Receiver) -> Iterator[str]:
    server = LoopbackServer(receiver.answer)
    server.start()
    yield f"{server.url}/hook"
    server.stop()


def _app(fake: FakeGitHub, url: str, **more: Any) -> App:
    app = fake.add_app(
        permissions={"checks": "write"}, events=["issue_comment"], hook_url=url, hook_secret=SECRET, **more
    )
    fake.install(app, "acme")
    return app


def test_the_signatures_are_those_of_githubs_own_example() -> None:
    # https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signatures(SECRET, b"Hello, World!")["X-Hub-Signature-256"] == expected
    assert signatures("", b"Hello, World!") == {}


def test_an_event_is_sent_with_both_signatures(shop: Shop, receiver: Receiver, hook_url: str) -> None:
    app = _app(shop.fake, hook_url)
    shop.fake.comment(SHOP, 1, "/help", author="bob")
    (delivery,) = shop.fake.deliveries
    (got,) = receiver.got
    assert {name: got.headers[name.lower()] for name in signatures(SECRET, got.raw)} == signatures(
        SECRET, got.raw
    )
    assert (got.headers["x-github-event"], got.headers["x-github-delivery"]) == (
        "issue_comment",
        delivery.guid,
    )
    body = json.loads(got.raw)
    assert (body["action"], body["comment"]["body"], body["sender"]["login"]) == ("created", "/help", "bob")
    assert body["installation"]["id"] in shop.fake.world.installations
    assert (delivery.status, delivery.status_code, delivery.app_id) == ("OK", 202, app.id)


def test_a_form_holds_the_json_in_a_field(shop: Shop, receiver: Receiver, hook_url: str) -> None:
    _app(shop.fake, hook_url, content_type="form")
    shop.fake.comment(SHOP, 1, "/help")
    shop.fake.events.wait()
    (payload,) = parse_qs(receiver.got[0].raw.decode())["payload"]
    assert json.loads(payload)["comment"]["body"] == "/help"


def test_only_events_that_were_asked_for_are_sent(shop: Shop, receiver: Receiver, hook_url: str) -> None:
    _app(shop.fake, hook_url)
    shop.fake.push(SHOP, "better", {"x": "y"})
    assert shop.fake.deliveries == []
    assert receiver.got == []


def test_only_repositories_of_the_installation_are_told(
    shop: Shop, receiver: Receiver, hook_url: str
) -> None:
    _app(shop.fake, hook_url)
    shop.fake.add_repo("other/shop")
    shop.fake.comment("other/shop", shop.fake.add_issue("other/shop"), "hi")
    assert shop.fake.deliveries == []


def test_a_failed_delivery_is_recorded_and_not_tried_again(
    shop: Shop, receiver: Receiver, hook_url: str
) -> None:
    receiver.status = 500
    _app(shop.fake, hook_url)
    shop.fake.comment(SHOP, 1, "hi")
    assert [(one.status_code, one.answer) for one in shop.fake.deliveries] == [(500, "thanks")]
    assert len(receiver.got) == 1


def test_nobody_listening_is_recorded(shop: Shop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        _app(shop.fake, f"http://127.0.0.1:{taken.getsockname()[1]}/")
        shop.fake.comment(SHOP, 1, "hi")
        assert [one.status for one in shop.fake.deliveries] == ["failed to connect to host"]


def test_one_who_does_not_answer_is_given_up() -> None:
    with FakeGitHub(webhook_timeout=0.05) as fake, socket.create_server(("127.0.0.1", 0)) as silent:
        fake.add_repo(SHOP)
        _app(fake, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        fake.comment(SHOP, fake.add_issue(SHOP), "hi")
        assert [one.status for one in fake.deliveries] == ["timed out"]


def test_a_redelivery_has_the_same_guid_and_content(shop: Shop, receiver: Receiver, hook_url: str) -> None:
    _app(shop.fake, hook_url)
    shop.fake.comment(SHOP, 1, "hi")
    shop.fake.redeliver(shop.fake.deliveries[0])
    first, second = shop.fake.deliveries
    assert (first.guid, first.content) == (second.guid, second.content)
    assert (first.redelivery, second.redelivery) == (False, True)
    assert receiver.got[0].raw == receiver.got[1].raw


def _as_app(fake: FakeGitHub, app: App, private: str) -> Client:
    now = int(time.time())
    return fake.client(jwt.encode({"iat": now, "exp": now + 60, "iss": str(app.id)}, private, "RS256"))


def test_an_app_finds_its_failed_deliveries_and_has_them_sent_again(
    shop: Shop, receiver: Receiver, hook_url: str, keys: tuple[str, bytes]
) -> None:
    app = _app(shop.fake, hook_url, key=keys[1])
    receiver.status = 503
    shop.fake.comment(SHOP, 1, "hi")
    shop.fake.events.wait()
    client = _as_app(shop.fake, app, keys[0])
    (item,) = client.get("/app/hook/deliveries").body
    assert (item["status_code"], item["event"]) == (503, "issue_comment")
    detail = client.get(f"/app/hook/deliveries/{item['id']}").body
    assert detail["request"]["payload"]["comment"]["body"] == "hi"
    receiver.status = 202
    assert client.post(f"/app/hook/deliveries/{item['id']}/attempts").status == 202
    assert [one.status_code for one in shop.fake.deliveries] == [503, 202]


def test_deliveries_come_newest_first_by_cursor(shop: Shop, hook_url: str, keys: tuple[str, bytes]) -> None:
    app = _app(shop.fake, hook_url, key=keys[1])
    for number in range(3):
        shop.fake.comment(SHOP, 1, f"{number}")
    expected = [one.id for one in reversed(shop.fake.deliveries)]
    client = _as_app(shop.fake, app, keys[0])
    first = client.get("/app/hook/deliveries?per_page=2")
    rest = client.get(first.headers["link"].partition(">")[0].removeprefix("<"))
    assert [item["id"] for item in [*first.body, *rest.body]] == expected


def test_a_call_to_the_api_fires_too(shop: Shop, receiver: Receiver, hook_url: str) -> None:
    _app(shop.fake, hook_url)
    shop.bot.post(f"{PATH}/issues/1/comments", {"body": "hi"})
    shop.fake.events.wait()
    assert json.loads(receiver.got[0].raw)["sender"]["login"] == "github-actions[bot]"
