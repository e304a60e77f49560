"""A target that does what a function says, for tests of what runs targets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from agent_runtime.records import Message
from evals.results.records import Attempt, SampleStatus
from evals.suite.suite import EvalCase
from evals.targets.interface import NothingToOpen

Behave = Callable[[str, int, int], Awaitable[Attempt]]
"""Case id, sample index and how often this sample was started before, to an attempt."""


class ScriptedTarget(NothingToOpen):
    """Asks `behave` for each attempt, and remembers the order, the seeds and how many ran at once."""

    simulated = True
    fingerprint: str | None = "f"
    agent: str | None = None
    model: str | None = None

    def __init__(self, behave: Behave, worst_case_usd: float | None = None) -> None:
        self.worst_case_usd = worst_case_usd
        self.started: list[tuple[str, int]] = []
        self.seeds: dict[tuple[str, int], int] = {}
        self.most_at_once = 0
        self._behave = behave
        self._now = 0
        self._tries: Counter[tuple[str, int]] = Counter()

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """One attempt, as scripted."""
        key = (case.case_id, sample_index)
        self.started.append(key)
        self.seeds[key] = seed
        self._tries[key] += 1
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            return await self._behave(*key, self._tries[key] - 1)
        finally:
            self._now -= 1


def completed(output: str = "ok", cost_usd: float | None = None) -> Attempt:
    """An attempt that measured the agent."""
    return Attempt(SampleStatus.COMPLETED, output=output, latency_ms=1.0, tokens=3, cost_usd=cost_usd)


def broken(
    error: str = "answered 503", *, retryable: bool = True, retry_after: float | None = None
) -> Attempt:
    """An attempt that met broken infrastructure."""
    return Attempt(SampleStatus.INFRA_ERROR, error=error, retryable=retryable, retry_after=retry_after)


def always(attempt: Attempt) -> Behave:
    """The same every time, after letting others run."""

    async def behave(case_id: str, sample_index: int, earlier: int) -> Attempt:
        await asyncio.sleep(0)
        return attempt

    return behave


def cases(count: int) -> list[EvalCase]:
    """`count` cases named c0, c1, …"""
    return [EvalCase("s", f"c{number}", (Message("user", "hi"),)) for number in range(count)]
