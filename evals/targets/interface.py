"""What every target answers to."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from evals.results.records import Attempt
from evals.suite.suite import EvalCase


class Target(Protocol):
    """An agent under test, opened with `async with`.

    Attributes:
        simulated: True if no real model answers.
        fingerprint: of what is under test, None if it cannot be known.
        agent, model: names for the report, None if unknown.
        worst_case_usd: most one attempt can cost, None if unknown.
    """

    simulated: bool
    fingerprint: str | None
    agent: str | None
    model: str | None
    worst_case_usd: float | None

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """Run the agent once on one case.

        Infrastructure failures are an Attempt with `infra_error`, never an exception.
        """
        ...


class NothingToOpen:
    """For targets that hold nothing between two attempts."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
