"""How fast runs may start: what a 429 does, and what the suite's limits do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.results.records import Attempt, Event, SampleStatus
from evals.sampling.pacing import Pace, Rate, model_calls
from evals.suite.suite_file import Limits
from tests.fakes.scripted_target import broken, completed

Result = TypeVar("Result")
REFUSED = Attempt(SampleStatus.INFRA_ERROR, throttled=True)


class Time:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def paced(act: Callable[[Pace, Time], Awaitable[Result]], most: int = 8, **limits: float) -> Result:
    async def go() -> Result:
        time = Time()
        return await act(Pace(most, Limits(**limits), clock=time, sleep=time.sleep), time)

    return asyncio.run(go())


def test_many_429_halve_what_may_go_at_a_time_once_for_the_whole_wave() -> None:
    async def act(pace: Pace, _: Time) -> int:
        turns = [await pace.begin() for _ in range(8)]
        for turn in turns:
            pace.end(turn, REFUSED)
        return pace.allowed

    assert paced(act) == 4


def test_answers_raise_it_again_to_what_was_asked_for_and_no_further() -> None:
    async def act(pace: Pace, _: Time) -> list[int | None]:
        seen: list[int | None] = []
        for attempt in (*[REFUSED] * 6, *[completed()] * 200):
            pace.end(await pace.begin(), attempt)
            seen.append(pace.slowed_to)
        return seen

    seen = paced(act, most=4)
    assert (seen[5], seen[-1]) == (1, None)


def test_a_stray_429_slows_nobody_else_down() -> None:
    async def act(pace: Pace, time: Time) -> tuple[int | None, float]:
        for number in range(200):
            stray = Attempt(SampleStatus.INFRA_ERROR, throttled=True, retry_after=5)
            pace.end(await pace.begin(), completed() if number % 10 else stray)
        return pace.slowed_to, time.now

    assert paced(act) == (None, 0)


def test_one_is_always_let_go() -> None:
    async def act(pace: Pace, time: Time) -> int:
        for _ in range(20):
            pace.end(await pace.begin(), REFUSED)
        return pace.allowed

    assert paced(act) == 1


def test_what_the_target_asked_for_holds_up_every_start_but_not_one_that_has_waited() -> None:
    async def act(pace: Pace, time: Time) -> tuple[float, float]:
        pace.end(await pace.begin(), broken(retry_after=7))
        for turn in [await pace.begin() for _ in range(6)]:
            pace.end(turn, Attempt(SampleStatus.INFRA_ERROR, throttled=True, retry_after=7))
        pace.end(await pace.begin(rested=True), completed())
        rested = time.now
        await pace.begin()
        return rested, time.now

    assert paced(act) == (0, 7)


def test_a_start_cut_off_while_it_waited_gives_its_place_back() -> None:
    async def act(pace: Pace, _: Time) -> bool:
        first = await pace.begin()
        waiting = asyncio.create_task(pace.begin())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        pace.end(first, completed())
        return await asyncio.wait_for(pace.begin(), 1) is not None

    assert paced(act, most=1)


@given(st.integers(1, 5000), st.integers(1, 300))
def test_no_minute_holds_more_than_allowed(per_minute: int, wanted: int) -> None:
    time = Time()
    rate = Rate(per_minute, time)
    starts = [rate.reserve(1) for _ in range(wanted)]
    for first in starts:
        assert sum(first <= start < first + 60 - 1e-6 for start in starts) <= per_minute


def test_requests_are_counted_by_what_a_run_takes() -> None:
    async def act(pace: Pace, time: Time) -> float:
        twice = Attempt(SampleStatus.COMPLETED, transcript=(Event("plan", ""), Event("answer", "")))
        for _ in range(31):
            pace.end(await pace.begin(), twice)
        return time.now

    assert paced(act, requests_per_minute=60) == pytest.approx(60, abs=2)


def test_tokens_are_estimated_by_the_mean_and_corrected() -> None:
    async def act(pace: Pace, time: Time) -> float:
        for _ in range(11):
            pace.end(await pace.begin(), Attempt(SampleStatus.COMPLETED, tokens=600))
        return time.now

    assert paced(act, tokens_per_minute=6000) == pytest.approx(60, abs=7)


def test_until_a_run_names_its_tokens_they_go_one_at_a_time() -> None:
    async def act(pace: Pace, _: Time) -> tuple[int, int]:
        turn, before = await pace.begin(), pace.allowed
        pace.end(turn, Attempt(SampleStatus.COMPLETED, tokens=10))
        return before, pace.allowed

    assert paced(act, tokens_per_minute=1000) == (1, 8)


def test_a_limit_of_tokens_that_nobody_reports_is_said() -> None:
    async def act(pace: Pace, _: Time) -> str | None:
        pace.end(await pace.begin(), Attempt(SampleStatus.COMPLETED))
        return pace.warning

    assert paced(act, tokens_per_minute=1000) == (
        "The limit of tokens per minute could not be kept: no run reported its tokens."
    )


def test_a_run_without_a_transcript_is_one_request() -> None:
    assert model_calls(completed()) == 1
