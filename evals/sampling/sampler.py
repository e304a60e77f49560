"""Planned runs -> Samples: bounded concurrency, retries, a spending cap, and what is done is kept."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent_runtime.retry import Backoff
from evals.results.records import Attempt, GraderBroke, GradeResult, Sample, SampleStatus, text_hash
from evals.sampling.pacing import Pace
from evals.sampling.plan import Planned, sample_seed
from evals.sampling.spending import SpendingCap
from evals.suite.suite import EvalCase
from evals.targets.interface import Target

Graded = tuple[bool | None, tuple[GradeResult, ...]]
Grading = Callable[[EvalCase, Attempt], Graded | Awaitable[Graded]]
"""Passed and grades of one attempt that measured the agent, whatever its status. May ask a model, and be awaited."""

PROBATION = 10
"""If none of the first ten runs reaches the agent, the other thousands will not either."""

BACKOFF = Backoff(first_seconds=0.5, longest_seconds=30.0)
LONGEST_WAIT_SECONDS = 120.0
"""A target that asks for more is not waited for: the run counts as unmeasured. This and the next were chosen."""
THROTTLED_RETRIES = 8
"""Of a run refused with 429 by a target that has answered before: it will again. Eight waits are 90 s."""


class Stopped(StrEnum):
    """Why sampling ended before every run was made."""

    INTERRUPTED = "interrupted"
    BUDGET = "budget"
    UNREACHABLE = "unreachable"


def wait_before_retry(attempt: Attempt, tries: int, infra_retries: int, seed: int) -> float | None:
    """Seconds until the next try after `tries` tries; None if this attempt is final.

    Doubles from half a second up to half a minute, at least what the target asked for, and up to a quarter
    more by seed, so that runs refused together do not come back together.
    """
    final = attempt.status is not SampleStatus.INFRA_ERROR or not attempt.retryable or tries > infra_retries
    asked = attempt.retry_after or 0.0
    if final or asked > LONGEST_WAIT_SECONDS:
        return None
    return BACKOFF.a_quarter_more(tries, asked, (seed % 1024) / 1024)


@dataclass(slots=True)
class _FirstRuns:
    """Watches the first runs: none of them measured, and nothing else either, means unreachable."""

    lost: int = 0
    measured: bool = False

    def hopeless_after(self, ordinal: int, sample: Sample) -> bool:
        """Count one ended run, the `ordinal`th that was started; True if the rest need not be tried."""
        self.measured = self.measured or sample.status is not SampleStatus.INFRA_ERROR
        self.lost += ordinal < PROBATION
        return not self.measured and self.lost == PROBATION


class Sampler:
    """One evaluation in progress: works through plans, look by look, under one cap and at one pace.

    Infrastructure errors are tried again up to `infra_retries` times and are never the agent's failure.

    Attributes:
        stopped: None as long as every planned run was made; after that nothing more is started.
        reason: why it stopped, in plain words; "" if it did not. May quote the target: hostile text.
    """

    def __init__(
        self,
        target: Target,
        grade: Grading,
        keep: Callable[[Sample], None],
        *,
        pace: Pace,
        cap: SpendingCap,
        seed: int,
        fingerprint: str | None,
        infra_retries: int = 2,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`keep` hears of each run as it ends, in the order of ending; what it raises ends the sampling."""
        self.stopped: Stopped | None = None
        self.reason = ""
        self._target = target
        self._grade = grade
        self._keep = keep
        self._pace = pace
        self._cap = cap
        self._seed = seed
        self._fingerprint = fingerprint
        self._infra_retries = infra_retries
        self._sleep = sleep
        self._probation = _FirstRuns()
        self._started = 0
        self._workers: list[asyncio.Task[None]] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader must know about the runs that were made."""
        return tuple(warning for warning in (self._cap.warning, self._pace.warning) if warning)

    async def run(self, plan: Sequence[Planned], concurrency: int) -> None:
        """Make the runs of `plan`, at most `concurrency` at a time, until all are done or it is stopped."""
        if not plan:
            return
        # One iterator for all workers: whoever is free takes the next run, and no queue is needed.
        runs = iter(plan)
        self._workers = [asyncio.create_task(self._work(runs)) for _ in range(min(concurrency, len(plan)))]
        try:
            done, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            self._drop_in_flight()
            # Waited for, so that no run writes into a journal that is closed. Their errors are raised below, once.
            await asyncio.gather(*self._workers, return_exceptions=True)
        for worker in done:
            if not worker.cancelled() and (error := worker.exception()) is not None:
                raise error

    def interrupt(self, why: str) -> None:
        """End it: what is in flight is dropped, what is done is kept."""
        self._stop(Stopped.INTERRUPTED, f"{why}; the runs that had ended were kept")
        self._drop_in_flight()

    async def _work(self, runs: Iterator[Planned]) -> None:
        for planned in runs:
            if self.stopped is not None:
                return
            # Numbered at the start: runs end in another order, and probation asks for the first ones that were started.
            ordinal = self._started
            self._started += 1
            # Before the pace, which may wait for minutes: a run that cannot be paid should not.
            if not await self._cap.reserve():
                self._stop_at_cap()
                return
            try:
                sample = await self._measure(planned)
            finally:
                self._cap.release()
            self._end(ordinal, sample)
            await asyncio.sleep(0)  # a target that never waits must not keep a Ctrl-C from being heard

    def _end(self, ordinal: int, sample: Sample) -> None:
        self._keep(sample)
        if self._probation.hopeless_after(ordinal, sample):
            what = f"none of the first {PROBATION} runs reached the agent: {sample.error}"
            self._stop(Stopped.UNREACHABLE, what)
            self._drop_in_flight()

    async def _measure(self, planned: Planned) -> Sample:
        case, index = planned.case, planned.sample_index
        seed = sample_seed(self._seed, self._fingerprint, case.case_id, index)
        tries = 1
        while True:
            attempt = await self._paced(case, index, seed, rested=tries > 1)
            # Each try, not each run: a refused one may have cost its prompt.
            self._cap.charge(attempt)
            wait = wait_before_retry(attempt, tries, self._retries_after(attempt), seed)
            if wait is None:
                passed, grades = await self._graded(case, attempt)
                return _sample(planned, attempt, passed, grades, tries, seed)
            await self._sleep(wait)
            tries += 1

    def _retries_after(self, attempt: Attempt) -> int:
        patient = attempt.throttled and self._probation.measured
        return max(self._infra_retries, THROTTLED_RETRIES) if patient else self._infra_retries

    async def _paced(self, case: EvalCase, index: int, seed: int, *, rested: bool) -> Attempt:
        turn = await self._pace.begin(rested=rested)
        try:
            attempt = await self._attempt(case, index, seed)
        except BaseException:
            self._pace.drop()
            raise
        self._pace.end(turn, attempt)
        return attempt

    async def _attempt(self, case: EvalCase, index: int, seed: int) -> Attempt:
        try:
            return await self._target.attempt(case, index, seed)
        except Exception as error:  # noqa: BLE001 - a broken target must not lose the runs already paid for
            what = f"the target raised {type(error).__name__}: {error}"
            return Attempt(SampleStatus.INFRA_ERROR, error=what, retryable=False)

    async def _graded(self, case: EvalCase, attempt: Attempt) -> Graded:
        # Nothing was measured, so there is nothing to grade: a grader would call an outage a wrong answer.
        if attempt.status is SampleStatus.INFRA_ERROR:
            return None, ()
        try:
            judged = self._grade(case, attempt)
            return await judged if inspect.isawaitable(judged) else judged
        except Exception as error:  # noqa: BLE001 - a broken grader is not an agent that failed
            return None, (GraderBroke("judge", f"raised {type(error).__name__}: {error}"),)

    def _stop_at_cap(self) -> None:
        spent, most = self._cap.spent_usd, self._cap.max_usd
        self._stop(Stopped.BUDGET, f"${spent:.4f} of ${most:.2f} is spent; one more run might pass the cap")

    def _stop(self, stopped: Stopped, reason: str) -> None:
        if self.stopped is None:
            self.stopped, self.reason = stopped, reason

    def _drop_in_flight(self) -> None:
        current = asyncio.current_task()
        for worker in self._workers:
            # The worker that stops everything is in the middle of keeping its own run.
            if worker is not current:
                worker.cancel()


def _sample(
    planned: Planned,
    attempt: Attempt,
    passed: bool | None,
    grades: tuple[GradeResult, ...],
    attempts: int,
    seed: int,
) -> Sample:
    return Sample(
        case_id=planned.case.case_id,
        sample_index=planned.sample_index,
        status=attempt.status,
        passed=passed,
        grades=grades,
        latency_ms=attempt.latency_ms,
        tokens=attempt.tokens,
        cost_usd=attempt.cost_usd,
        output=attempt.output,
        output_sha256=None if attempt.output is None else text_hash(attempt.output),
        transcript=attempt.transcript,
        error=attempt.error,
        version=attempt.version,
        response_id=attempt.response_id,
        cached=attempt.cached,
        trace_url=attempt.trace_url,
        attempts=attempts,
        seed=seed,
        judgement=attempt.judgement,
    )
