"""The resistance tier over several machines: one shard of the runs here, and what they mean once all are together.

A shard cannot be asked for more later. With a baseline it therefore makes the runs of the second look at once, and
what they mean together is what one machine would have found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agent_runtime.errors import InvalidInput
from evals.canary.evaluation import expense, open_evaluation
from evals.canary.sharding import ShardRun
from evals.results.files import prepare_folder
from evals.results.samples import write_samples
from evals.results.texts import gather_long_texts
from evals.sampling.caller import NOBODY, Caller
from evals.sampling.journal import Journal
from evals.sampling.sampler import Sampler
from evals.sampling.shards import JoinedShards, Plan, Shard, ShardResult, join_shards, runs_of, write_shard
from security_pack.catalog.catalog import CatalogEntry
from security_pack.resistance.preparation import (
    FOLDER,
    PreparedResistance,
    ResistanceOptions,
    prepare_resistance,
)
from security_pack.resistance.regression import first_look
from security_pack.resistance.resistance import make_runs
from security_pack.resistance.result import ResistanceResult, result_of


async def run_resistance_shard(
    options: ResistanceOptions,
    shard: Shard,
    pack: Sequence[CatalogEntry],
    environ: Mapping[str, str],
    caller: Caller = NOBODY,
) -> ShardRun:
    """Make one shard's runs and write them into `options.out`/resistance. It judges nothing: merging does.

    Raises:
        InvalidInput: before anything is run or spent.
        CannotKeepRuns: what was measured before the disk was full is kept, and can be resumed.
    """
    prepared = prepare_resistance(options, pack, environ)
    if not prepared.cases:
        raise InvalidInput.one(options.agent, "no probe can be tried on this agent", "see  guardian list")
    mine = frozenset(runs_of(shard, _planned(prepared)))
    prepared = _with_share_of_cap(prepared, shard, len(mine))
    folder = prepared.evaluation.folder
    with open_evaluation(prepared.evaluation) as journal:
        if journal.samples.keys() - mine:
            what = "holds runs that are not of this shard"
            raise InvalidInput.one(folder, what, "choose another --out")
        caller.progress.announce(_estimate(prepared, journal, shard, len(mine)))
        sampler = await make_runs(prepared, journal, _planned(prepared), caller, mine)
        write_shard(folder, _shard_result(prepared, shard, journal, sampler))
        if sampler is None or sampler.stopped is None:
            journal.finish()
    trouble = sampler.reason if sampler is not None and sampler.stopped is not None else ""
    return ShardRun(shard, len(journal.samples), len(mine), trouble)


def merge_resistance(
    folders: Sequence[Path],
    options: ResistanceOptions,
    pack: Sequence[CatalogEntry],
    environ: Mapping[str, str],
) -> ResistanceResult:
    """Join the --out folders of all shards, and say what the runs mean; they are kept in `options.out`/resistance.

    Raises:
        CannotMeasure: if no shard can be read.
        InvalidInput: if agent and probes are not those of the shards, or the baseline was forgotten.
    """
    prepared = prepare_resistance(options, pack, environ, spends=False)
    places = [_shard_folder(folder) for folder in folders]
    joined = join_shards(places)
    _refuse_others(prepared, joined, options)
    prepare_folder(prepared.evaluation.folder)
    write_samples(prepared.evaluation.folder / "samples.jsonl", joined.result)
    gather_long_texts(places, prepared.evaluation.folder)
    problems = "; ".join(joined.problems[:3])
    suspicion = None if problems else first_look(prepared.comparable, joined.result, prepared.runs)
    return result_of(prepared, joined.result, suspicion, problems, joined.warnings)


def _planned(prepared: PreparedResistance) -> dict[str, int]:
    """Runs by case id, those of the second look included where there may be one."""
    times = 1 if prepared.evaluation.baseline is None else 2
    return {name: times * runs for name, runs in prepared.runs.items()}


def _with_share_of_cap(prepared: PreparedResistance, shard: Shard, calls: int) -> PreparedResistance:
    """The shard's part of the money: all shards together keep the cap. Simulated money is not divided."""
    whole = prepared.evaluation
    if whole.max_usd is None or whole.target.simulated:
        return prepared
    share = whole.max_usd * calls / sum(_planned(prepared).values())
    if calls and share < (whole.target.worst_case_usd or 0):
        what = f"of ${whole.max_usd:.2f} leaves ${share:.2f} for shard {shard}, less than one run may cost"
        raise InvalidInput.one("--max-usd", what, "use fewer shards, or raise it")
    return replace(prepared, evaluation=replace(whole, max_usd=share))


def _estimate(prepared: PreparedResistance, journal: Journal, shard: Shard, calls: int) -> str:
    whole = sum(_planned(prepared).values())
    runs = f"shard {shard}: {calls} of {whole} runs of {prepared.agent.name}"
    opening = [journal.opening] if journal.opening else []
    return "; ".join([runs, *opening, *expense(prepared.evaluation, calls - len(journal.samples))])


def _shard_result(
    prepared: PreparedResistance, shard: Shard, journal: Journal, sampler: Sampler | None
) -> ShardResult:
    result, planned = journal.result(), _planned(prepared)
    most = max(planned.values())
    plan = Plan(
        suite=result.suite,
        fingerprint=result.fingerprint,
        commit=result.commit,
        simulated=result.simulated,
        agent=result.agent,
        model=result.model,
        seed=prepared.evaluation.seed,
        samples=most,
        of=shard.of,
        cases={case.case_id: case.case_hash for case in result.cases},
        gate=prepared.evaluation.suite.gate,
        compared=prepared.evaluation.baseline is not None,
        others={name: runs for name, runs in planned.items() if runs != most},
    )
    stopped = sampler.reason if sampler is not None and sampler.stopped is not None else None
    warnings = sampler.warnings if sampler is not None else ()
    return ShardResult(plan, shard.number, result, stopped, warnings)


def _shard_folder(folder: Path) -> Path:
    """A shard's --out, or the folder of runs in it."""
    within = folder / FOLDER
    return within if within.is_dir() else folder


def _refuse_others(prepared: PreparedResistance, joined: JoinedShards, options: ResistanceOptions) -> None:
    plan = joined.plan
    here = {case.case_id: case.case_hash for case in prepared.evaluation.frame.cases}
    if plan.cases != here:
        what = "the shards attacked another agent, or with other probes, than these files say"
        raise InvalidInput.one(
            options.suite or options.agent, what, "merge with the files that were attacked"
        )
    if plan.compared and prepared.evaluation.baseline is None:
        what = "is not given, but the shards had a baseline to be compared with"
        raise InvalidInput.one("--baseline", what, "give the file that the shards were given")
    if plan.runs_of_case != _planned(prepared):
        what = "the shards made another number of runs than is asked for here"
        raise InvalidInput.one("--samples", what, "give the options that the shards were given")
