from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.retry import Backoff, asked_seconds, retry_after

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC).timestamp()
BACKOFF = Backoff(first_seconds=1.0, longest_seconds=8.0)
DRAWS = st.floats(0, 1, exclude_max=True)
TRIES = st.integers(1, 10**9)


def test_the_wait_doubles_up_to_its_longest() -> None:
    assert [BACKOFF.grown(tried) for tried in (1, 2, 3, 4, 5, 5_000)] == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


@given(TRIES, st.floats(0, 100), DRAWS)
def test_full_jitter_is_anything_up_to_the_grown_wait_after_what_was_asked_for(
    tried: int, asked: float, draw: float
) -> None:
    assert asked <= BACKOFF.full_jitter(tried, asked, draw) <= asked + BACKOFF.grown(tried)


@given(TRIES, st.floats(0, 100), DRAWS)
def test_a_quarter_more_is_never_shorter_than_what_was_asked_for(
    tried: int, asked: float, draw: float
) -> None:
    least = max(asked, BACKOFF.grown(tried))
    assert least <= BACKOFF.a_quarter_more(tried, asked, draw) <= least * 1.25


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOON) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:01:40 -0000", 60.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("NaN", None),
        ("1e9", None),
        ("soon", None),
    ],
)
def test_a_header_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    assert asked_seconds(header, now=40.0) == seconds


@given(st.text())
def test_no_header_breaks_the_reader(header: str) -> None:
    seconds = retry_after({"retry-after": header, "retry-after-ms": header}, now=0.0)
    assert seconds is None or seconds >= 0
