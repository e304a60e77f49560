from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.models.interface import ModelError
from agent_runtime.models.provider_errors import (
    LONGEST_MESSAGE,
    error_of_status,
    message_of,
    short_and_keyless,
    status_in,
)

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def error(status: int, said: str = "why", **headers: str) -> ModelError:
    return error_of_status(status, said, headers, latency_ms=5.0, secret="s3cret-key")


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, "rejected", False),
        (401, "rejected", False),
        (403, "rejected", False),
        (404, "rejected", False),
        (302, "rejected", False),
        (408, "timeout", True),
        (429, "rate_limited", True),
        (500, "unavailable", True),
        (503, "unavailable", True),
    ],
)
def test_a_status_says_whether_trying_again_helps(status: int, kind: str, retryable: bool) -> None:
    got = error(status)
    assert (got.kind, got.retryable, got.latency_ms) == (kind, retryable, 5.0)


def test_a_used_up_quota_is_not_waited_for() -> None:
    got = error(429, "You exceeded your quota (insufficient_quota)")
    assert (got.kind, got.retryable) == ("rejected", False)


def test_a_message_never_shows_a_key() -> None:
    said = "Incorrect API key provided: sk-proj-abc***xyz9. You sent s3cret-key."
    assert (
        short_and_keyless(said, "s3cret-key") == "Incorrect API key provided: [api_key]. You sent [api_key]."
    )


@given(st.text())
def test_a_message_is_one_short_printable_line(said: str) -> None:
    line = short_and_keyless(said, None)
    assert line.isprintable()
    assert len(line) <= LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"error": {"message": "no", "code": "bad"}}, "no (bad)"),
        ({"error": "plain"}, "plain"),
        ({"message": "top"}, "top"),
        ({"detail": "fast"}, "fast"),
        ([1], ""),
        (None, ""),
    ],
)
def test_the_providers_word_is_found_in_several_forms(data: Any, said: str) -> None:
    assert message_of(data) == said


@pytest.mark.parametrize(
    ("inside", "status"),
    [
        ({"code": 429}, 429),
        ({"code": "503"}, 503),
        ({"code": "rate_limit_exceeded"}, 429),
        ({"type": "invalid_request_error"}, 400),
        ({"code": 7}, 502),
        ("broken", 502),
    ],
)
def test_an_error_inside_a_200_stands_for_a_status(inside: Any, status: int) -> None:
    assert status_in(inside) == status
