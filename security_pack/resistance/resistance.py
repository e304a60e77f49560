"""The resistance tier: the agent's own model, attacked many times, as the distribution that it is.

The stages are `prepare_resistance` (every mistake found, nothing spent), `measure` (the first look; if it suspects a
fall, the suspects again), and `result_of` (what that means). `run_resistance` is their sequence. Runs are Canary's: its
sampler, its journal (--resume), its spending cap, its pace and its rules of evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from evals.canary.evaluation import expense, open_evaluation, sampling
from evals.results.records import SuiteResult
from evals.results.samples import write_samples
from evals.sampling.caller import NOBODY, Caller
from evals.sampling.journal import Journal
from evals.sampling.plan import Planned
from evals.sampling.sampler import Sampler
from evals.sampling.shards import Run
from security_pack.catalog.catalog import CatalogEntry
from security_pack.resistance.preparation import PreparedResistance, ResistanceOptions, prepare_resistance
from security_pack.resistance.probed_target import judged
from security_pack.resistance.regression import FirstLook, first_look, why_not_measured
from security_pack.resistance.result import ResistanceResult, result_of


async def run_resistance(
    options: ResistanceOptions,
    pack: Sequence[CatalogEntry],
    environ: Mapping[str, str],
    caller: Caller = NOBODY,
    *,
    compare: bool = True,
) -> ResistanceResult:
    """Try every probe of this tier many times, and keep the runs in `options.out`/resistance.

    Args:
        compare: False leaves every baseline aside, as for a new one.

    Raises:
        InvalidInput: before anything is run or spent.
        CannotKeepRuns: what was measured before the disk was full is kept, and can be resumed.
    """
    prepared = prepare_resistance(options, pack, environ)
    if not compare:
        prepared = replace(prepared, evaluation=replace(prepared.evaluation, baseline=None))
    if not prepared.cases:
        return result_of(prepared, prepared.evaluation.frame, None, "", ())
    with open_evaluation(prepared.evaluation) as journal:
        caller.progress.announce(estimate(prepared, journal))
        result, suspicion, sampler = await measure(prepared, journal, caller)
        write_samples(prepared.evaluation.folder / "samples.jsonl", result)
        if sampler is None or sampler.stopped is None:
            journal.finish()
    warnings = sampler.warnings if sampler is not None else ()
    stopped = sampler.reason if sampler is not None else ""
    return result_of(prepared, result, suspicion, stopped, warnings)


def estimate(prepared: PreparedResistance, journal: Journal) -> str:
    """What this will do and may cost, in one line, before the first call."""
    calls = sum(prepared.runs.values())
    attacks = len(prepared.cases) // 2
    most = max(prepared.runs.values(), default=0)
    runs = f"{attacks} attacks and their harmless twins × {most} = {calls} runs of {prepared.agent.name}"
    opening = [journal.opening] if journal.opening else []
    again = ["what looks worse is measured again"] if prepared.evaluation.baseline is not None else []
    return "; ".join([runs, *opening, *expense(prepared.evaluation, calls - len(journal.samples)), *again])


async def measure(
    prepared: PreparedResistance, journal: Journal, caller: Caller
) -> tuple[SuiteResult, FirstLook | None, Sampler | None]:
    """Every planned run that is not there yet; and what the first look suspects, as often again.

    Returns the runs, what the first look said (None if it was not reached), and the sampler that went last.
    """
    sampler = await make_runs(prepared, journal, prepared.runs, caller)
    stopped = sampler is not None and sampler.stopped is not None
    if stopped or why_not_measured(journal.result()):
        return journal.result(), None, sampler
    suspicion = first_look(prepared.comparable, journal.result(), prepared.runs)
    if suspicion.again:
        doubled = {name: 2 * prepared.runs[name] for name in suspicion.again}
        more = sum(prepared.runs[name] for name in suspicion.again)
        caller.progress.announce(
            f"{len(suspicion.again)} cases look worse than before: measured again, {more} runs"
        )
        sampler = await make_runs(prepared, journal, doubled, caller) or sampler
    return journal.result(), suspicion, sampler


async def make_runs(
    prepared: PreparedResistance,
    journal: Journal,
    runs: Mapping[str, int],
    caller: Caller,
    only: Collection[Run] | None = None,
) -> Sampler | None:
    """The first `runs` of these cases, as far as they are missing; None if none are, and nothing was started.

    Args:
        only: of these, the ones to make here; None means all.
    """
    missing = [
        planned
        for planned in planned_runs(prepared, runs)
        if planned.key not in journal.samples and (only is None or planned.key in only)
    ]
    if not missing:
        return None
    evaluation, calls = prepared.evaluation, len(journal.samples) + len(missing)
    async with evaluation.target as target:
        with sampling(evaluation, target, journal, calls, judged, caller) as sampler:
            await sampler.run(missing, evaluation.concurrency)
    return sampler


def planned_runs(prepared: PreparedResistance, runs: Mapping[str, int]) -> Sequence[Planned]:
    """A run of every case, then the next of every case: what is stopped is balanced."""
    cases = [case for case in prepared.evaluation.suite.cases if case.case_id in runs]
    last = max(runs.values(), default=0)
    return [Planned(case, index) for index in range(last) for case in cases if index < runs[case.case_id]]
