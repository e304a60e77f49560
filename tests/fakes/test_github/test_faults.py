"""What goes wrong on purpose."""

from __future__ import annotations

import http.client

import pytest

from tests.fakes.test_github.shop import PATH, SHOP, Shop


def test_the_nth_call_from_now_fails(shop: Shop) -> None:
    shop.bot.get(PATH)
    shop.fake.fail(2, status=502)
    assert [shop.bot.get(PATH).status for _ in range(3)] == [200, 502, 200]


def test_an_endpoint_fails_so_many_times(shop: Shop) -> None:
    shop.fake.fail("POST */comments", status=503, times=2)
    statuses = [shop.bot.post(f"{PATH}/issues/1/comments", {"body": "hi"}).status for _ in range(3)]
    assert statuses == [503, 503, 201]
    assert len(shop.fake.comments(SHOP, 1)) == 1


def test_a_late_failure_comes_after_the_effect(shop: Shop) -> None:
    shop.fake.fail("POST */comments", status=502, late=True)
    assert shop.bot.post(f"{PATH}/issues/1/comments", {"body": "hi"}).status == 502
    assert [comment.body for comment in shop.fake.comments(SHOP, 1)] == ["hi"]


def test_the_server_hangs_up(shop: Shop) -> None:
    shop.fake.fail(1, status=0)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        shop.bot.get(PATH)
    assert shop.bot.get(PATH).status == 200


@pytest.mark.parametrize("status", [403, 429])
def test_the_secondary_limit_says_when_to_come_back(shop: Shop, status: int) -> None:
    shop.fake.limit("GET *", status=status, retry_after=7)
    answer = shop.bot.get(PATH)
    assert (answer.status, answer.headers["retry-after"]) == (status, "7")
    assert "secondary rate limit" in answer.message
    assert shop.bot.get(PATH).status == 200


def test_a_push_between_two_calls(shop: Shop) -> None:
    shop.fake.before(2, lambda: shop.fake.push(SHOP, "better", {"agent.yaml": "model: c\n"}))
    first, second = (shop.bot.get(f"{PATH}/pulls/1").body["head"]["sha"] for _ in range(2))
    assert first == shop.head != second


def test_a_push_right_after_a_call(shop: Shop) -> None:
    shop.fake.after("GET */pulls/1", lambda: shop.fake.push(SHOP, "better", {"agent.yaml": "model: c\n"}))
    assert shop.bot.get(f"{PATH}/pulls/1").body["head"]["sha"] == shop.head
    assert shop.fake.head(SHOP, "better") != shop.head


def test_a_push_at_every_call(shop: Shop) -> None:
    shop.fake.before(None, lambda: shop.fake.push(SHOP, "better", {"x": str(shop.fake.calls)}), times=None)
    seen = {shop.bot.get(f"{PATH}/pulls/1").body["head"]["sha"] for _ in range(4)}
    assert len(seen) == 4


def test_failed_calls_are_in_the_log(shop: Shop) -> None:
    shop.fake.fail(1, status=502)
    shop.bot.get(PATH)
    assert [(entry.path, entry.status) for entry in shop.fake.log.refusals()] == [(PATH, 502)]
