"""Canary, end to end: prepare everything that can be wrong, measure look by look, judge, write.

The stages are `prepare` (no money spent, every mistake found), `open_journal` (what is there already), `measure`
(the agent runs, and the gate looks), `conclude` (what the last look says) and `write_results` (files).
`run_canary` is their sequence.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from agent_runtime.errors import InvalidInput
from evals.canary.evaluation import expense, grade_attempt, open_evaluation, sampling
from evals.canary.preparation import CanaryOptions, Prepared, prepare
from evals.results.files import CannotKeepRuns, prepare_folder
from evals.results.records import SuiteResult
from evals.results.run_file import now, write_run_file
from evals.results.verdict import Verdict
from evals.sampling.journal import Journal, Start, locked
from evals.sampling.plan import plan_runs
from evals.sampling.sampler import Sampler
from evals.sampling.schedule import LookSequence, look_sequence, look_sequence_beyond
from evals.targets.fixtures import fixture_warnings

if TYPE_CHECKING:
    from evals.report.sections import Section
    from evals.report.trend import TrendSection


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of the runs.

    Attributes:
        verdict: of the last look; None if it was not reached.
        stopped: why, in plain words, the runs ended before it; "" if they did not.
        look: runs per case up to which runs were made.
        warnings: what the reader must know about the runs.
    """

    verdict: Verdict | None
    stopped: str
    look: int
    warnings: tuple[str, ...]


def run_canary(options: CanaryOptions, environ: Mapping[str, str], *, quiet: bool = False) -> Verdict:
    """Run a canary and write its results into `options.out`.

    Raises:
        InvalidInput: before anything is run or spent.
        CannotKeepRuns: what was measured before the disk was full is kept, and can be resumed.
    """
    ready = prepare(options, environ)
    prepare_folder(ready.out)
    with locked(ready.out):
        journal = open_evaluation(ready)
        course = _course(ready, journal)
        if not quiet:
            sys.stderr.write(f"{estimate(ready, journal, course)}\n")
        started_at = now()
        try:
            measured = asyncio.run(measure(ready, journal, course, quiet=quiet))
            result, verdict = conclude(ready, journal, measured)
            verdict = replace(verdict, warnings=(*ready.notes, *verdict.warnings))
            if ready.confirms:
                from evals.canary.confirmation import confirm_drift

                runs = journal.protocol.schedule.planned
                verdict = confirm_drift(ready, options, environ, result, verdict, runs=runs, quiet=quiet)
            _write(ready, verdict, result, started_at, options.sections)
        finally:
            journal.close()
        if not measured.stopped:
            journal.finish()
    return verdict


def _course(ready: Prepared, journal: Journal) -> LookSequence:
    """What this call does, given what is there already."""
    schedule = journal.protocol.schedule
    if ready.start is Start.ADD:
        looked_at, compared = journal.protocol.looked_at, ready.baseline is not None
        return look_sequence_beyond(schedule, looked_at, compared=compared, most=ready.max_samples)
    return look_sequence(schedule, reached=journal.reached, most=ready.max_samples)


def _over_time(ready: Prepared, result: SuiteResult) -> tuple[TrendSection, ...]:
    """The trend of this suite up to and including this result; empty without a history."""
    if not ready.history:
        return ()
    from evals.gate.trend import evaluation, trends
    from evals.report.trend import trend_section

    now_too = [one for one in ready.history if one.folder != ready.out.resolve()]
    found = trends([*now_too, evaluation(ready.out.resolve(), result)])
    return tuple(
        trend_section(trend)
        for trend in found
        if (trend.suite, trend.simulated) == (result.suite, result.simulated)
    )


def estimate(ready: Prepared, journal: Journal, course: LookSequence) -> str:
    """What this canary will do and may cost, in one line, before the first call."""
    agent = ready.target.agent or "the endpoint"
    most = "at most " if len(course.looks) > 1 else ""
    calls = len(ready.suite.cases) * course.last
    runs = f"{len(ready.suite.cases)} cases × {most}{course.last} = {most}{calls} runs of {agent}"
    parts = [runs, journal.opening] if journal.opening else [runs]
    return "; ".join(
        [*parts, *expense(ready, calls - len(journal.samples), most or "about "), *_again(ready)]
    )


def _again(ready: Prepared) -> Iterator[str]:
    """What a drift would take on top, in words."""
    if ready.confirms:
        yield f"a drift is confirmed with {2 * len(ready.suite.cases) * ready.samples} more runs"


async def measure(ready: Prepared, journal: Journal, course: LookSequence, *, quiet: bool) -> Measured:
    """Make the runs up to each look that are not there yet, until a look decides or the last one is taken."""
    calls = len(ready.suite.cases) * course.last
    async with sampling(ready, journal, calls, partial(grade_attempt, ready), quiet=quiet) as sampler:
        verdict, look = await _look_by_look(ready, journal, course, sampler)
    return Measured(verdict, sampler.reason, look, (*sampler.warnings, *ready.judges.warnings))


async def _look_by_look(
    ready: Prepared, journal: Journal, course: LookSequence, sampler: Sampler
) -> tuple[Verdict | None, int]:
    """The verdict of the look that decides, or of the last one, and its runs per case; None if it was stopped."""
    verdict = None
    for look in course.looks:
        missing = [run for run in plan_runs(ready.suite.cases, 0, look) if run.key not in journal.samples]
        await sampler.run(missing, ready.concurrency)
        if sampler.stopped is not None:
            return None, look
        verdict = _verdict_at(ready, journal.result(look), course, look)
        journal.look(look)
        if _decided(verdict):
            break
    return verdict, look


def _verdict_at(ready: Prepared, result: SuiteResult, course: LookSequence, look: int) -> Verdict:
    from evals.gate.gate import decide as judge_result

    expected = len(ready.suite.cases) * look
    return judge_result(
        ready.baseline, result, ready.suite.gate, expected_runs=expected, plan=course.plan, look=look
    )


def _decided(verdict: Verdict) -> bool:
    from evals.gate.gate import may_stop

    return may_stop(verdict)


def conclude(ready: Prepared, journal: Journal, measured: Measured) -> tuple[SuiteResult, Verdict]:
    """What was measured and what it means; runs that were cut short mean nothing, however good they look."""
    if measured.verdict is not None:
        result = journal.result(measured.look)
        return result, _with_warnings(measured.verdict, measured, result)
    from evals.gate.gate import not_measured

    result, planned = journal.result(), len(ready.suite.cases) * measured.look
    verdict = _verdict_at(ready, result, LookSequence((measured.look,)), measured.look)
    reason = f"{measured.stopped} after {len(result.samples)} of {planned} runs"
    verdict = not_measured(_with_warnings(verdict, measured, result), [reason])
    kept = "What was measured is kept: `canary --resume` goes on with it."
    return result, replace(verdict, reasons=(*verdict.reasons, kept))


def _with_warnings(verdict: Verdict, measured: Measured, result: SuiteResult) -> Verdict:
    return replace(
        verdict, warnings=(*measured.warnings, *fixture_warnings(result.samples), *verdict.warnings)
    )


def _write(
    ready: Prepared,
    verdict: Verdict,
    result: SuiteResult,
    started_at: datetime,
    sections: tuple[Section, ...],
) -> None:
    from evals.report.folder import write_results

    try:
        write_run_file(ready.out, started_at)
        write_results(ready.out, verdict, result, ready.baseline, _over_time(ready, result), sections)
    except (OSError, InvalidInput) as error:
        what = f"the results cannot be written: {error}"
        raise CannotKeepRuns(f"{what}; the runs are kept: make room and go on with --resume") from None
