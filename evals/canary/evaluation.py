"""A prepared evaluation at work: its journal, its sampler, and what happens to each run as it ends."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from agent_runtime.agent.manifest import RecordingMode
from evals.canary.preparation import Prepared
from evals.graders import grade
from evals.results.records import Attempt, GradeResult, Sample, SuiteResult
from evals.results.texts import LongTexts, redacted
from evals.sampling.journal import Journal, open_journal
from evals.sampling.pacing import Pace
from evals.sampling.progress import Display, display
from evals.sampling.protocol import StudyProtocol
from evals.sampling.sampler import Grading, Sampler
from evals.sampling.spending import SpendingCap
from evals.suite.suite import EvalCase


@asynccontextmanager
async def sampling(
    ready: Prepared, journal: Journal, calls: int, grading: Grading, *, quiet: bool
) -> AsyncIterator[Sampler]:
    """A sampler on the opened target: it keeps each run in the journal and shows it among `calls`."""
    async with ready.target as target, ready.judges_panel:
        pace = Pace(ready.concurrency, ready.suite.limits)
        with display(calls, sys.stderr, quiet=quiet) as progress:
            for sample in journal.samples.values():
                progress.note(sample)
            sampler = Sampler(
                target,
                grading,
                _keeper(ready, journal, progress, pace),
                pace=pace,
                cap=_cap(ready, journal),
                seed=ready.seed,
                fingerprint=target.fingerprint,
            )
            with sampler.stopped_by_signals():
                yield sampler


def open_evaluation(ready: Prepared) -> Journal:
    """The runs that are kept in `ready.out`: none yet, or those of the evaluation that goes on there."""
    protocol = StudyProtocol.of(ready.frame, ready.seed, ready.baseline, ready.schedule)
    return open_journal(ready.out, ready.frame, protocol, ready.start, any_schedule=not ready.schedule_asked)


def expense(ready: Prepared, calls: int, about: str = "about ") -> Iterator[str]:
    """What `calls` runs may cost, in words."""
    if ready.judges_panel.estimate:
        yield ready.judges_panel.estimate
    if ready.suite.target.recorded is not None:
        yield "as recorded: no agent is called, no money is spent"
        return
    if (source := _free_answers(ready)) is not None:
        free = "the agent costs no money" if ready.judges_panel.estimate else "no money is spent"
        yield f"{source}, {free}"
        return
    if (mean := _mean_cost(ready.baseline)) is not None:
        yield f"{about}${mean * calls:.2f} going by the baseline"
    if ready.target.worst_case_usd is not None:
        yield f"at most ${ready.target.worst_case_usd * calls:.2f}"
    if ready.max_usd is not None:
        yield f"stops before ${ready.max_usd:.2f}"


def _free_answers(ready: Prepared) -> str | None:
    """Where answers come from that cost nothing; None if a real model may be asked."""
    recording = ready.manifest.recording if ready.manifest is not None else None
    if recording is not None and recording.tape is RecordingMode.REPLAY:
        return "recorded answers"
    simulated = ready.target.simulated if ready.manifest is None else ready.manifest.spec.simulated
    return "simulated model" if simulated else None


def _mean_cost(baseline: SuiteResult | None) -> float | None:
    costs = (
        [sample.cost_usd for sample in baseline.samples if sample.cost_usd is not None] if baseline else []
    )
    return sum(costs) / len(costs) if costs else None


def _cap(ready: Prepared, journal: Journal) -> SpendingCap:
    """What was spent before counts too: the cap is that of the whole evaluation."""
    cap = SpendingCap(ready.max_usd, ready.target.worst_case_usd)
    for sample in journal.samples.values():
        cap.charge(sample)
    return cap


def _keeper(ready: Prepared, journal: Journal, progress: Display, pace: Pace) -> Callable[[Sample], None]:
    """What is done with each run as it ends: redacted, cut, written down, shown."""
    long_texts = LongTexts(ready.out)

    def keep(sample: Sample) -> None:
        journal.keep(long_texts.cut(redacted(sample, ready.pii_kinds)))
        progress.note(sample, pace.slowed_to)

    return keep


async def grade_attempt(
    ready: Prepared, case: EvalCase, attempt: Attempt
) -> tuple[bool | None, tuple[GradeResult, ...]]:
    """Passed and grades of one attempt, by the graders of its case."""
    return await grade(ready.graders[case.case_id], attempt)
