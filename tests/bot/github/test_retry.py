from __future__ import annotations

import pytest

from bot.github.retry import Patience, is_rate_limit

PATIENCE = Patience()


def wait(
    status: int | None, headers: dict[str, str] | None = None, said: str = "", tried: int = 1
) -> float | None:
    return PATIENCE.wait(tried, status, headers or {}, said, now=1_000.0)


@pytest.mark.parametrize("status", [None, 500, 502, 503, 504])
def test_a_broken_answer_is_waited_for_twice_as_long_each_time(status: int | None) -> None:
    assert [wait(status, tried=tried) for tried in (1, 2, 3, 4, 5)] == [1.0, 2.0, 4.0, 8.0, None]


@pytest.mark.parametrize("status", [400, 401, 404, 409, 410, 422])
def test_a_plain_no_is_not_asked_again(status: int) -> None:
    assert wait(status) is None


def test_a_403_without_a_word_of_limits_is_a_plain_no() -> None:
    assert wait(403, said="Resource not accessible by integration") is None


@pytest.mark.parametrize("status", [403, 429])
def test_the_named_time_is_waited(status: int) -> None:
    assert wait(status, {"retry-after": "17"}) == 17.0


def test_an_empty_budget_is_waited_for_until_it_is_filled() -> None:
    assert wait(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}) == 31.0


def test_without_a_time_a_secondary_limit_takes_a_minute() -> None:
    assert wait(403, said="You have exceeded a secondary rate limit") == 60.0


def test_a_limit_that_asks_for_an_hour_is_not_waited_for() -> None:
    assert wait(429, {"retry-after": "3600"}) is None


def test_nonsense_in_a_header_is_no_time() -> None:
    assert wait(429, {"retry-after": "soon"}) == 60.0


def test_another_status_is_no_limit() -> None:
    assert not is_rate_limit(422, {"retry-after": "1"}, "rate limit")
