"""How fast runs may start: fewer at a time when the target says 429, and never above the suite's limits.

All waiting is counted on a monotonic clock: a wall clock that jumps changes nothing here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from evals.results.records import Attempt, SampleStatus
from evals.suite.suite_file import Limits

LONGEST_PAUSE_SECONDS = 120.0
"""Of all starts, whatever a Retry-After asks: a target that wants an hour is not to be waited for. Chosen."""
TOO_MANY = 0.25
"""Share of 429 among recent answers that means asking too much; a stray one is only that run's to wait out. Chosen, as
is how many answers are recent: no benchmark has a target that throttles."""
_RECENT = 20
_MODEL_CALLS = frozenset({"plan", "answer"})
"""Roles of the events that stand for one request to the provider."""

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class Rate:
    """So many a minute, evenly spaced: no burst, so that no sixty seconds hold more than allowed."""

    def __init__(self, per_minute: float, clock: Clock) -> None:
        self._seconds_each = 60.0 / per_minute
        self._clock = clock
        self._free_at = clock()

    def reserve(self, amount: float) -> float:
        """Take `amount` and return the seconds to wait before using it."""
        now = self._clock()
        start = max(self._free_at, now)
        self._free_at = start + amount * self._seconds_each
        return start - now

    def correct(self, difference: float) -> None:
        """Take `difference` more than was reserved, or give it back if negative."""
        self._free_at += difference * self._seconds_each


@dataclass(slots=True)
class _Estimate:
    """What one run takes of something: the mean of what was seen, `first` before."""

    first: float
    seen: int = 0
    total: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.seen if self.seen else self.first

    def learn(self, amount: float) -> None:
        self.seen += 1
        self.total += amount


class _Limited:
    """One kind of limit: reserves the estimate at the start, corrects it at the end."""

    def __init__(self, per_minute: float, first: float, clock: Clock) -> None:
        self._rate = Rate(per_minute, clock)
        self.estimate = _Estimate(first)

    def reserve(self) -> tuple[float, float]:
        amount = self.estimate.mean
        return amount, self._rate.reserve(amount)

    def settle(self, reserved: float, used: float | None) -> None:
        if used is None:
            return
        self._rate.correct(used - reserved)
        self.estimate.learn(used)


@dataclass(frozen=True, slots=True)
class Turn:
    """One run that was let start: which wave it belongs to, and what was reserved for it."""

    wave: int
    requests: float = 0.0
    tokens: float = 0.0


class Pace:
    """Lets at most `allowed` runs go at a time, and each only when the limits have room for it.

    When more than a quarter of the recent answers are 429, `allowed` is halved, once for all the runs that were
    under way together, and what the target asked for in Retry-After holds up every start, not only the run that
    was told. Every other answer raises it a little again (by one for each round of answers), up to `most`.
    """

    def __init__(
        self,
        most: int,
        limits: Limits | None = None,
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        limits = limits or Limits()
        self._most = most
        self._clock = clock
        self._sleep = sleep
        self._allowed = float(most)
        self._in_flight = 0
        self._most_in_flight = 0
        self._refused_share = 0.0
        self._wave = 0
        self._paused_until = clock()
        self._freed = asyncio.Event()
        requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
        self._requests = _Limited(requests, 1.0, clock) if requests is not None else None
        self._tokens = _Limited(tokens, 0.0, clock) if tokens is not None else None
        self._silent_about_tokens = 0

    @property
    def allowed(self) -> int:
        """Runs that may go at a time now: one, while a limited number of tokens cannot be estimated yet."""
        if self._tokens is not None and not self._tokens.estimate.seen and not self._silent_about_tokens:
            return 1
        return int(self._allowed)

    @property
    def slowed_to(self) -> int | None:
        """`allowed`, if the target's 429 made it less than asked for."""
        return int(self._allowed) if self._allowed < self._most else None

    @property
    def warning(self) -> str | None:
        """What the reader must know about the limits; None if they were kept."""
        if self._tokens is None or self._tokens.estimate.seen or not self._silent_about_tokens:
            return None
        return "The limit of tokens per minute could not be kept: no run reported its tokens."

    async def begin(self, *, rested: bool = False) -> Turn:
        """Wait until one more run may start; `rested` if it has waited out what the target asked for."""
        while self._in_flight >= self.allowed:
            self._freed.clear()
            await self._freed.wait()
        # Counted before it sleeps: otherwise all that wait for the same moment would start in it.
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        try:
            if not rested and (pause := self._paused_until - self._clock()) > 0:
                await self._sleep(pause)
            # After the pause: what is reserved while everything stands still would be used up by nobody.
            return await self._within_limits()
        except BaseException:
            self._leave()
            raise

    async def _within_limits(self) -> Turn:
        requests, request_wait = self._requests.reserve() if self._requests else (0.0, 0.0)
        tokens, token_wait = self._tokens.reserve() if self._tokens else (0.0, 0.0)
        if (wait := max(request_wait, token_wait)) > 0:
            await self._sleep(wait)
        return Turn(self._wave, requests, tokens)

    def end(self, turn: Turn, attempt: Attempt) -> None:
        """Learn from one attempt that ended, and let the next one start."""
        # A running mean instead of the last twenty answers: nothing to keep, and old ones fade.
        self._refused_share += (attempt.throttled - self._refused_share) / _RECENT
        if attempt.throttled and self._refused_share > TOO_MANY:
            self._slow_down(turn, attempt.retry_after or 0.0)
        elif not attempt.throttled:
            # One more for each round, half of them at each 429: how TCP finds its pace (AIMD,
            # https://www.rfc-editor.org/rfc/rfc5681#section-3.1).
            self._allowed = min(float(self._most), self._allowed + 1 / self._allowed)
        self._settle(turn, attempt)
        self._leave()

    def drop(self) -> None:
        """Give back the place of an attempt that was cut off."""
        self._leave()

    def _settle(self, turn: Turn, attempt: Attempt) -> None:
        if self._requests is not None:
            self._requests.settle(turn.requests, model_calls(attempt))
        if self._tokens is not None:
            # A run that never reached the agent could not report tokens: that is no silence.
            silent = attempt.tokens is None and attempt.status is not SampleStatus.INFRA_ERROR
            self._silent_about_tokens += silent
            self._tokens.settle(turn.tokens, attempt.tokens)

    def _slow_down(self, turn: Turn, retry_after: float) -> None:
        pause = min(retry_after, LONGEST_PAUSE_SECONDS)
        self._paused_until = max(self._paused_until, self._clock() + pause)
        # Fifty runs refused together are one sign, not fifty: only the first of a wave halves.
        if turn.wave == self._wave:
            self._wave += 1
            # Half of what really went: a limit that was never reached says nothing of what the target bears.
            self._allowed = max(1.0, min(self._allowed, self._most_in_flight) / 2)
            self._most_in_flight = 0

    def _leave(self) -> None:
        self._in_flight -= 1
        self._freed.set()


def model_calls(attempt: Attempt) -> int:
    """How many requests the provider saw, going by the transcript; at least one."""
    return max(1, sum(event.role in _MODEL_CALLS for event in attempt.transcript))
