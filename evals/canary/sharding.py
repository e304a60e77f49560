"""A canary over several machines: one shard of it here, and the verdict once all shards are together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent_runtime.errors import InvalidInput
from evals.canary.evaluation import Evaluation, expense, grade_attempt, open_evaluation, sampling
from evals.canary.preparation import CanaryOptions, Prepared, prepare
from evals.git.base_rules import baseline_from
from evals.report.result import CanaryResult
from evals.results.baseline import load_reference
from evals.results.files import prepare_folder
from evals.results.records import SampleStatus, SuiteResult
from evals.results.texts import gather_long_texts
from evals.sampling.caller import NOBODY, Caller
from evals.sampling.journal import Journal, Start
from evals.sampling.plan import plan_runs
from evals.sampling.sampler import Sampler
from evals.sampling.shards import Plan, Run, Shard, ShardResult, join_shards, runs_of, write_shard


@dataclass(frozen=True, slots=True)
class ShardRun:
    """How one shard went.

    Attributes:
        runs: how many it made, of `planned`.
        trouble: why this shard could not measure and must be run again; "" if it could. May quote the target.
    """

    shard: Shard
    runs: int
    planned: int
    trouble: str


async def run_shard(
    options: CanaryOptions, shard: Shard, environ: Mapping[str, str], caller: Caller = NOBODY
) -> ShardRun:
    """Make one shard's runs and write its folder into `options.out`. It judges nothing: `merge_shards` does.

    Raises:
        InvalidInput: before anything is run or spent.
        CannotKeepRuns: what was measured before the disk was full is kept, and can be resumed.
    """
    _refuse_other_ways(options)
    # One look, at the end: a shard sees too little to stop.
    prepared = prepare(replace(options, fixed=True), environ)
    whole = prepared.evaluation
    mine = frozenset(runs_of(shard, {case.case_id: whole.samples for case in whole.suite.cases}))
    prepared = replace(prepared, evaluation=replace(whole, max_usd=_share_of_cap(whole, shard, len(mine))))
    with open_evaluation(prepared.evaluation, any_schedule=not prepared.schedule_asked) as journal:
        _refuse_runs_of_others(options.out, journal, mine)
        caller.progress.announce(_estimate(prepared, journal, shard, len(mine)))
        sampler = await _make_runs(prepared, journal, mine, caller)
        write_shard(options.out, _shard_result(prepared, shard, journal, sampler))
        if sampler.stopped is None:
            journal.finish()
    return ShardRun(shard, len(journal.samples), len(mine), _trouble(journal, sampler))


def merge_shards(
    folders: Sequence[Path],
    baseline: Path | None,
    out: Path,
    gate_from: str | None = None,
) -> CanaryResult:
    """Join shards, judge, and write what a canary on one machine would have written.

    Args:
        gate_from: a git ref: the baseline is that of the commit where HEAD left it.

    Raises:
        CannotMeasure: if no shard can be read.
        InvalidInput: if the baseline cannot be used, or is not given though the shards had one.
    """
    from evals.gate.gate import decide, not_measured
    from evals.report.folder import write_results

    joined = join_shards(folders)
    reference = _reference(joined.plan, baseline, gate_from)
    prepare_folder(out)
    verdict = decide(reference, joined.result, joined.plan.gate, expected_runs=joined.plan.runs)
    verdict = replace(verdict, warnings=(*joined.warnings, *verdict.warnings))
    if joined.problems:
        verdict = not_measured(verdict, joined.problems)
    gather_long_texts(folders, out)
    write_results(out, verdict, joined.result)
    return CanaryResult(verdict, joined.result, reference)


def _refuse_other_ways(options: CanaryOptions) -> None:
    """A shard sees a part of the runs: it cannot look at them and stop, nor add to evidence that was judged."""
    used = {
        "--looks": options.looks is not None,
        "--max-samples": options.max_samples is not None,
        "--add-to": options.start is Start.ADD,
        "--confirm": options.confirm is True,
    }
    for flag in (flag for flag, named in used.items() if named):
        what = "does not go with --shard: a shard makes a fixed number of runs and judges nothing"
        raise InvalidInput.one(flag, what, "leave one of them out")


def _share_of_cap(evaluation: Evaluation, shard: Shard, calls: int) -> float | None:
    """The shard's part of the money in dollars: all shards together keep the cap. Simulated money is not divided."""
    if evaluation.max_usd is None or evaluation.target.simulated:
        return evaluation.max_usd
    share = evaluation.max_usd * calls / (len(evaluation.suite.cases) * evaluation.samples)
    if calls and share < (evaluation.target.worst_case_usd or 0):
        what = (
            f"of ${evaluation.max_usd:.2f} leaves ${share:.2f} for shard {shard}, less than one run may cost"
        )
        raise InvalidInput.one("--max-usd", what, "use fewer shards, or raise it")
    return share


def _refuse_runs_of_others(folder: Path, journal: Journal, mine: frozenset[Run]) -> None:
    if journal.samples.keys() - mine:
        raise InvalidInput.one(folder, "holds runs that are not of this shard", "choose another --out")


def _estimate(prepared: Prepared, journal: Journal, shard: Shard, calls: int) -> str:
    evaluation = prepared.evaluation
    whole = f"{len(evaluation.suite.cases)} cases × {evaluation.samples}"
    runs = f"shard {shard}: {calls} of {whole} runs of {evaluation.target.agent or 'the endpoint'}"
    opening = [journal.opening] if journal.opening else []
    cost = expense(evaluation, calls - len(journal.samples), judges=prepared.judges.estimate)
    return "; ".join([runs, *opening, *cost])


async def _make_runs(prepared: Prepared, journal: Journal, mine: frozenset[Run], caller: Caller) -> Sampler:
    evaluation, grading = prepared.evaluation, partial(grade_attempt, prepared.graders)
    plan = plan_runs(evaluation.suite.cases, 0, evaluation.samples)
    async with evaluation.target as target, prepared.judges:
        with sampling(evaluation, target, journal, len(mine), grading, caller) as sampler:
            missing = [run for run in plan if run.key in mine and run.key not in journal.samples]
            await sampler.run(missing, evaluation.concurrency)
    return sampler


def _shard_result(prepared: Prepared, shard: Shard, journal: Journal, sampler: Sampler) -> ShardResult:
    result, evaluation = journal.result(), prepared.evaluation
    plan = Plan(
        suite=result.suite,
        fingerprint=result.fingerprint,
        commit=result.commit,
        simulated=result.simulated,
        agent=result.agent,
        model=result.model,
        seed=evaluation.seed,
        samples=evaluation.samples,
        of=shard.of,
        cases={case.case_id: case.case_hash for case in result.cases},
        gate=evaluation.suite.gate,
        compared=evaluation.baseline is not None,
    )
    stopped = None if sampler.stopped is None else sampler.reason
    return ShardResult(plan, shard.number, result, stopped, (*prepared.notes, *sampler.warnings))


def _trouble(journal: Journal, sampler: Sampler) -> str:
    if sampler.stopped is not None:
        return sampler.reason
    samples = list(journal.samples.values())
    if samples and all(sample.status is SampleStatus.INFRA_ERROR for sample in samples):
        return f"no run reached the agent: {samples[0].error}"
    return ""


def _reference(plan: Plan, baseline: Path | None, gate_from: str | None) -> SuiteResult | None:
    """What the shards are compared with. A baseline that is only forgotten must not turn a drift into no verdict."""
    usual = Path("baselines") / f"{plan.suite}.json"
    if gate_from is not None:
        reference = baseline_from(gate_from, baseline or usual)
        if reference is None and plan.compared:
            what = f"the shards had a baseline, and there is none at {baseline or usual} where '{gate_from}' was left"
            raise InvalidInput.one("--baseline", what, "give the file that the shards were given")
        return reference
    if baseline is None and plan.compared:
        if not usual.exists():
            what = "is not given, but the shards had a baseline to be compared with"
            raise InvalidInput.one("--baseline", what, f"give the file, or run this where {usual} is")
        baseline = usual
    return None if baseline is None else load_reference(baseline)
