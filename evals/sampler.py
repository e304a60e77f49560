"""Suite x N -> Samples: bounded concurrency, retries, a spending cap, and what is done is kept."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from agent_runtime.documents import canonical_json
from evals.records import Attempt, Grade, Sample, SampleStatus
from evals.spending import SpendingCap
from evals.suite import EvalCase
from evals.targets.interface import Target

Judged = tuple[bool | None, tuple[Grade, ...]]
Judge = Callable[[EvalCase, Attempt], Judged | Awaitable[Judged]]
"""Passed and grades of one attempt that measured the agent, whatever its status. May ask a model, and be awaited."""

PROBATION = 10
"""If none of the first ten runs reaches the agent, the other thousands will not either."""

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 120.0
"""A target that asks for more is not waited for: the run counts as unmeasured."""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(StrEnum):
    """Why sampling ended before every run was made."""

    INTERRUPTED = "interrupted"
    BUDGET = "budget"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class SamplingOutcome:
    """Every run that ended, ordered by case and index whatever the timing was.

    Attributes:
        stopped: None if all planned runs were made.
        reason: why it stopped, in plain words; "" if it did not. May quote the target: hostile text.
        warnings: what the reader must know about the runs that were made.
    """

    samples: tuple[Sample, ...]
    stopped: Stopped | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()


async def sample_suite(
    cases: Sequence[EvalCase],
    samples: int,
    target: Target,
    judge: Judge,
    *,
    concurrency: int,
    seed: int,
    fingerprint: str | None,
    on_sample: Callable[[Sample], None],
    max_usd: float | None = None,
    infra_retries: int = 2,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> SamplingOutcome:
    """Run every case `samples` times on an opened target and judge each run.

    Runs are interleaved (the first of every case, then the second, …), so that a stopped evaluation is
    balanced. Infrastructure errors are tried again up to `infra_retries` times and are never the agent's
    failure. The first Ctrl-C or SIGTERM drops what is in flight and keeps what is done; the second one
    ends the process. `on_sample` hears of each run as it ends; what it raises ends the sampling.
    """
    sampling = _Sampling(
        target=target,
        judge=judge,
        on_sample=on_sample,
        seed=seed,
        fingerprint=fingerprint,
        infra_retries=infra_retries,
        sleep=sleep,
        cap=SpendingCap(max_usd, target.worst_case_usd),
    )
    with _first_stop_signal(sampling.interrupt):
        await sampling.run(_plan(cases, samples), concurrency)
    return sampling.outcome(cases)


def sample_seed(seed: int, fingerprint: str | None, case_id: str, sample_index: int) -> int:
    """The 63-bit seed of one run: SHA-256 over everything that names it."""
    named = canonical_json([seed, fingerprint, case_id, sample_index])
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "big") >> 1


def wait_before_retry(attempt: Attempt, tries: int, infra_retries: int, seed: int) -> float | None:
    """Seconds until the next try after `tries` tries; None if this attempt is final.

    Doubles from half a second, at least what the target asked for, and up to a quarter more by seed, so
    that runs refused together do not come back together.
    """
    final = attempt.status is not SampleStatus.INFRA_ERROR or not attempt.retryable or tries > infra_retries
    asked = attempt.retry_after or 0.0
    if final or asked > LONGEST_WAIT_SECONDS:
        return None
    spread = 1 + (seed % 1024) / 4096
    return max(asked, FIRST_WAIT_SECONDS * 2.0 ** (tries - 1)) * spread


@dataclass(frozen=True, slots=True)
class _Planned:
    """One run to make; `ordinal` is its place in the order of starting."""

    ordinal: int
    case: EvalCase
    sample_index: int


def _plan(cases: Sequence[EvalCase], samples: int) -> Iterator[_Planned]:
    for index in range(samples):
        for place, case in enumerate(cases):
            yield _Planned(index * len(cases) + place, case, index)


@dataclass(slots=True)
class _Probation:
    """Watches the first runs: none of them measured, and nothing else either, means unreachable."""

    lost: int = 0
    measured: bool = False

    def hopeless_after(self, ordinal: int, sample: Sample) -> bool:
        """Count one ended run; True if the rest need not be tried."""
        self.measured = self.measured or sample.status is not SampleStatus.INFRA_ERROR
        self.lost += ordinal < PROBATION
        return not self.measured and self.lost == PROBATION


class _Sampling:
    """One evaluation in progress: workers take runs from one plan and leave samples here."""

    def __init__(
        self,
        *,
        target: Target,
        judge: Judge,
        on_sample: Callable[[Sample], None],
        seed: int,
        fingerprint: str | None,
        infra_retries: int,
        sleep: Callable[[float], Awaitable[None]],
        cap: SpendingCap,
    ) -> None:
        self._target = target
        self._judge = judge
        self._on_sample = on_sample
        self._seed = seed
        self._fingerprint = fingerprint
        self._infra_retries = infra_retries
        self._sleep = sleep
        self._cap = cap
        self._probation = _Probation()
        self._samples: list[Sample] = []
        self._workers: list[asyncio.Task[None]] = []
        self._stopped: Stopped | None = None
        self._reason = ""

    async def run(self, plan: Iterator[_Planned], concurrency: int) -> None:
        """Work through the plan with `concurrency` workers until it is done or stopped."""
        self._workers = [asyncio.create_task(self._work(plan)) for _ in range(concurrency)]
        try:
            done, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            self._drop_in_flight()
            await asyncio.gather(*self._workers, return_exceptions=True)
        for worker in done:
            if not worker.cancelled() and (error := worker.exception()) is not None:
                raise error

    def interrupt(self) -> None:
        """Stop at once on a signal, keeping what is done."""
        self._stop(Stopped.INTERRUPTED, "stopped by a signal; the runs that had ended were kept")
        self._drop_in_flight()

    def outcome(self, cases: Sequence[EvalCase]) -> SamplingOutcome:
        """What was sampled, in the order of the suite."""
        place = {case.case_id: number for number, case in enumerate(cases)}
        ordered = sorted(self._samples, key=lambda sample: (place[sample.case_id], sample.sample_index))
        warning = self._cap.warning
        return SamplingOutcome(tuple(ordered), self._stopped, self._reason, (warning,) if warning else ())

    async def _work(self, plan: Iterator[_Planned]) -> None:
        for planned in plan:
            if self._stopped is not None:
                return
            if not await self._cap.reserve():
                self._stop_at_cap()
                return
            try:
                sample = await self._measure(planned)
            finally:
                self._cap.release()
            self._keep(planned, sample)

    def _keep(self, planned: _Planned, sample: Sample) -> None:
        self._samples.append(sample)
        self._on_sample(sample)
        if self._probation.hopeless_after(planned.ordinal, sample):
            what = f"none of the first {PROBATION} runs reached the agent: {sample.error}"
            self._stop(Stopped.UNREACHABLE, what)
            self._drop_in_flight()

    async def _measure(self, planned: _Planned) -> Sample:
        case, index = planned.case, planned.sample_index
        seed = sample_seed(self._seed, self._fingerprint, case.case_id, index)
        tries = 1
        while True:
            attempt = await self._attempt(case, index, seed)
            self._cap.charge(attempt)
            wait = wait_before_retry(attempt, tries, self._infra_retries, seed)
            if wait is None:
                passed, grades = await self._judged(case, attempt)
                return _sample(case, index, attempt, passed, grades, tries)
            await self._sleep(wait)
            tries += 1

    async def _attempt(self, case: EvalCase, index: int, seed: int) -> Attempt:
        try:
            return await self._target.attempt(case, index, seed)
        except Exception as error:  # noqa: BLE001 - a broken target must not lose the runs already paid for
            what = f"the target raised {type(error).__name__}: {error}"
            return Attempt(SampleStatus.INFRA_ERROR, error=what, retryable=False)

    async def _judged(self, case: EvalCase, attempt: Attempt) -> Judged:
        if attempt.status is SampleStatus.INFRA_ERROR:
            return None, ()
        try:
            judged = self._judge(case, attempt)
            return await judged if inspect.isawaitable(judged) else judged
        except Exception as error:  # noqa: BLE001 - a broken grader is not an agent that failed
            return None, (Grade("judge", None, f"raised {type(error).__name__}: {error}"),)

    def _stop_at_cap(self) -> None:
        spent, most = self._cap.spent_usd, self._cap.max_usd
        self._stop(Stopped.BUDGET, f"${spent:.4f} of ${most:.2f} is spent; one more run might pass the cap")

    def _stop(self, stopped: Stopped, reason: str) -> None:
        if self._stopped is None:
            self._stopped, self._reason = stopped, reason

    def _drop_in_flight(self) -> None:
        current = asyncio.current_task()
        for worker in self._workers:
            if worker is not current:
                worker.cancel()


def _sample(
    case: EvalCase,
    index: int,
    attempt: Attempt,
    passed: bool | None,
    grades: tuple[Grade, ...],
    attempts: int,
) -> Sample:
    return Sample(
        case_id=case.case_id,
        sample_index=index,
        status=attempt.status,
        passed=passed,
        grades=grades,
        latency_ms=attempt.latency_ms,
        tokens=attempt.tokens,
        cost_usd=attempt.cost_usd,
        output=attempt.output,
        output_sha256=_sha256(attempt.output),
        transcript=attempt.transcript,
        error=attempt.error,
        version=attempt.version,
        response_id=attempt.response_id,
        cached=attempt.cached,
        trace_url=attempt.trace_url,
        attempts=attempts,
    )


def _sha256(output: str | None) -> str | None:
    """Hash of the text; lone surrogates, which JSON can smuggle in, are hashed as they are."""
    return None if output is None else hashlib.sha256(output.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def _first_stop_signal(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` on the first Ctrl-C or SIGTERM, leaving later ones to Python's default: the end.

    Only the main thread may handle signals; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}

    def stop() -> None:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
        act()

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
