"""Canary, end to end: prepare everything that can be wrong, measure look by look, judge, write.

The stages are `prepare` (no money spent, every mistake found), `open_evaluation` (what is there already), `measure`
(the agent runs, and the gate looks), `conclude` (what the last look says) and `write_results` (runs and verdict).
`run_canary` is their sequence; what people read is made from the folder by whoever has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from agent_runtime.errors import InvalidInput
from evals.canary.evaluation import Evaluation, expense, grade_attempt, open_evaluation, sampling
from evals.canary.preparation import CanaryOptions, Prepared, prepare
from evals.report.result import CanaryResult
from evals.results.files import CannotKeepRuns
from evals.results.records import SuiteResult
from evals.results.run_file import now, write_run_file
from evals.results.verdict import Verdict
from evals.sampling.caller import NOBODY, Caller
from evals.sampling.journal import Journal, Start
from evals.sampling.plan import plan_runs
from evals.sampling.sampler import Sampler
from evals.sampling.schedule import LookSequence, look_sequence, look_sequence_beyond
from evals.targets.fixtures import fixture_warnings


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


async def run_canary(
    options: CanaryOptions, environ: Mapping[str, str], caller: Caller = NOBODY
) -> CanaryResult:
    """Run a canary, and write its runs and its verdict into `options.out`.

    Raises:
        InvalidInput: before anything is run or spent.
        CannotKeepRuns: what was measured before the disk was full is kept, and can be resumed.
    """
    prepared = prepare(options, environ)
    with open_evaluation(prepared.evaluation, any_schedule=not prepared.schedule_asked) as journal:
        sequence = _look_sequence(prepared, journal)
        caller.progress.announce(estimate(prepared, journal, sequence))
        started_at = now()
        measured = await measure(prepared, journal, sequence, caller)
        result, verdict = conclude(prepared.evaluation, journal, measured)
        verdict = replace(verdict, warnings=(*prepared.notes, *verdict.warnings))
        if prepared.confirms:
            from evals.canary.confirmation import confirm_drift

            runs = journal.protocol.schedule.planned
            verdict = await confirm_drift(prepared, options, environ, result, verdict, runs, caller)
        _write(prepared.evaluation.folder, verdict, result, started_at)
        # A stopped one keeps its journal: that is what --resume goes on with.
        if not measured.stopped:
            journal.finish()
    return CanaryResult(verdict, result, prepared.evaluation.baseline, prepared.history)


def _look_sequence(prepared: Prepared, journal: Journal) -> LookSequence:
    """What this call does, given what is there already."""
    schedule = journal.protocol.schedule
    if prepared.evaluation.start is Start.ADD:
        looked_at, compared = journal.protocol.looked_at, prepared.evaluation.baseline is not None
        return look_sequence_beyond(schedule, looked_at, compared=compared, most=prepared.max_samples)
    return look_sequence(schedule, reached=journal.reached, most=prepared.max_samples)


def estimate(prepared: Prepared, journal: Journal, sequence: LookSequence) -> str:
    """What this canary will do and may cost, in one line, before the first call."""
    evaluation = prepared.evaluation
    most = "at most " if len(sequence.looks) > 1 else ""
    cases = len(evaluation.suite.cases)
    calls = cases * sequence.last
    agent = evaluation.target.agent or "the endpoint"
    runs = f"{cases} cases × {most}{sequence.last} = {most}{calls} runs of {agent}"
    parts = [runs, journal.opening] if journal.opening else [runs]
    about, judges = most or "about ", prepared.judges.estimate
    cost = expense(evaluation, calls - len(journal.samples), about, judges)
    return "; ".join([*parts, *cost, *_confirmation_estimate(prepared)])


def _confirmation_estimate(prepared: Prepared) -> Iterator[str]:
    """What a drift would take on top, in words."""
    if prepared.confirms:
        more = 2 * len(prepared.evaluation.suite.cases) * prepared.evaluation.samples
        yield f"a drift is confirmed with {more} more runs"


async def measure(prepared: Prepared, journal: Journal, sequence: LookSequence, caller: Caller) -> Measured:
    """Make the runs up to each look that are not there yet, until a look decides or the last one is taken."""
    evaluation, grading = prepared.evaluation, partial(grade_attempt, prepared.graders)
    calls = len(evaluation.suite.cases) * sequence.last
    async with evaluation.target as target, prepared.judges:
        with sampling(evaluation, target, journal, calls, grading, caller) as sampler:
            verdict, look = await _look_by_look(evaluation, journal, sequence, sampler)
    return Measured(verdict, sampler.reason, look, (*sampler.warnings, *prepared.judges.warnings))


async def _look_by_look(
    evaluation: Evaluation, journal: Journal, sequence: LookSequence, sampler: Sampler
) -> tuple[Verdict | None, int]:
    """The verdict of the look that decides, or of the last one, and its runs per case; None if it was stopped."""
    verdict = None
    for look in sequence.looks:
        missing = [
            run for run in plan_runs(evaluation.suite.cases, 0, look) if run.key not in journal.samples
        ]
        await sampler.run(missing, evaluation.concurrency)
        if sampler.stopped is not None:
            return None, look
        # A second of numpy for a large suite: other work on the caller's loop must not wait for it.
        verdict = await asyncio.to_thread(_verdict_at, evaluation, journal.result(look), sequence, look)
        journal.look(look)
        if _decided(verdict):
            break
    return verdict, look


def _verdict_at(evaluation: Evaluation, result: SuiteResult, sequence: LookSequence, look: int) -> Verdict:
    from evals.gate.gate import decide

    suite = evaluation.suite
    expected = len(suite.cases) * look
    return decide(
        evaluation.baseline, result, suite.gate, expected_runs=expected, plan=sequence.plan, look=look
    )


def _decided(verdict: Verdict) -> bool:
    from evals.gate.gate import may_stop

    return may_stop(verdict)


def conclude(evaluation: Evaluation, journal: Journal, measured: Measured) -> tuple[SuiteResult, Verdict]:
    """What was measured and what it means; runs that were cut short mean nothing, however good they look."""
    if measured.verdict is not None:
        result = journal.result(measured.look)
        return result, _with_warnings(measured.verdict, measured, result)
    from evals.gate.gate import not_measured

    result, planned = journal.result(), len(evaluation.suite.cases) * measured.look
    verdict = _verdict_at(evaluation, result, LookSequence((measured.look,)), measured.look)
    reason = f"{measured.stopped} after {len(result.samples)} of {planned} runs"
    # Whatever the numbers say: the runs that are there are not the ones that were planned.
    verdict = not_measured(_with_warnings(verdict, measured, result), [reason])
    resumable = "What was measured is kept: `canary --resume` goes on with it."
    return result, replace(verdict, reasons=(*verdict.reasons, resumable))


def _with_warnings(verdict: Verdict, measured: Measured, result: SuiteResult) -> Verdict:
    return replace(
        verdict, warnings=(*measured.warnings, *fixture_warnings(result.samples), *verdict.warnings)
    )


def _write(folder: Path, verdict: Verdict, result: SuiteResult, started_at: datetime) -> None:
    from evals.report.folder import write_results

    try:
        write_run_file(folder, started_at)
        write_results(folder, verdict, result)
    except (OSError, InvalidInput) as error:
        what = f"the results cannot be written: {error}"
        raise CannotKeepRuns(f"{what}; the runs are kept: make room and go on with --resume") from None
