"""A canary over several machines: one shard of it here, and the verdict once all shards are together."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agent_runtime.errors import InvalidInput
from evals.baseline import load_reference
from evals.canary import CanaryOptions, Prepared, estimate, measure, not_measured, prepare, result_of
from evals.records import SampleStatus, SuiteResult, Verdict
from evals.results import prepare_folder, write_results
from evals.sampler import SamplingOutcome
from evals.shards import Plan, Shard, ShardResult, join_shards, write_shard


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


def run_shard(
    options: CanaryOptions, shard: Shard, environ: Mapping[str, str], *, quiet: bool = False
) -> ShardRun:
    """Run one shard of a canary and write its folder into `options.out`. It judges nothing: `merge_shards` does.

    Raises:
        InvalidInput: before anything is run or spent.
    """
    ready = _only(shard, prepare(options, environ))
    prepare_folder(options.out)
    if not quiet:
        sys.stderr.write(f"shard {shard}: {estimate(ready)}\n")
    outcome = asyncio.run(measure(ready, quiet=quiet))
    write_shard(options.out, _shard_result(ready, shard, outcome))
    return _shard_run(ready, shard, outcome)


def merge_shards(folders: Sequence[Path], baseline: Path | None, out: Path) -> Verdict:
    """Join shards, judge, and write what a canary on one machine would have written.

    Raises:
        CannotMeasure: if no shard can be read.
        InvalidInput: if the baseline cannot be used, or is not given though the shards had one.
    """
    from evals.gate import judge

    joined = join_shards(folders)
    reference = _reference(joined.plan, baseline)
    prepare_folder(out)
    verdict = judge(reference, joined.result, joined.plan.gate, expected_runs=joined.plan.runs)
    verdict = replace(verdict, warnings=(*joined.warnings, *verdict.warnings))
    if joined.problems:
        verdict = not_measured(verdict, joined.problems)
    write_results(out, verdict, joined.result, reference)
    return verdict


def _only(shard: Shard, ready: Prepared) -> Prepared:
    """The part of a canary that is one shard's, with its part of the money: all shards together keep the cap."""
    part = replace(ready, shard=shard)
    if ready.max_usd is None or ready.target.simulated:  # simulated money is not spent
        return part
    share = ready.max_usd * part.calls / ready.calls
    if part.calls and share < (ready.target.worst_case_usd or 0):
        what = f"of ${ready.max_usd:.2f} leaves ${share:.2f} for shard {shard}, less than one run may cost"
        raise InvalidInput.one("--max-usd", what, "use fewer shards, or raise it")
    return replace(part, max_usd=share)


def _shard_result(ready: Prepared, shard: Shard, outcome: SamplingOutcome) -> ShardResult:
    result = result_of(ready, outcome)
    plan = Plan(
        suite=result.suite,
        fingerprint=result.fingerprint,
        commit=result.commit,
        simulated=result.simulated,
        agent=result.agent,
        model=result.model,
        seed=ready.seed,
        samples=ready.samples,
        of=shard.of,
        cases={case.case_id: case.comparability for case in result.cases},
        gate=ready.suite.gate,
        compared=ready.baseline is not None,
    )
    stopped = None if outcome.stopped is None else outcome.reason
    return ShardResult(plan, shard.number, result, stopped, outcome.warnings)


def _shard_run(ready: Prepared, shard: Shard, outcome: SamplingOutcome) -> ShardRun:
    runs = len(outcome.samples)
    if outcome.stopped is not None:
        reason = outcome.reason
    elif runs and all(sample.status is SampleStatus.INFRA_ERROR for sample in outcome.samples):
        reason = f"no run reached the agent: {outcome.samples[0].error}"
    else:
        reason = ""
    return ShardRun(shard, runs, ready.calls, reason)


def _reference(plan: Plan, baseline: Path | None) -> SuiteResult | None:
    """What the shards are compared with. A baseline that is only forgotten must not turn a drift into no verdict."""
    usual = Path("baselines") / f"{plan.suite}.json"
    if baseline is None and plan.compared:
        if not usual.exists():
            what = "is not given, but the shards had a baseline to be compared with"
            raise InvalidInput.one("--baseline", what, f"give the file, or run this where {usual} is")
        baseline = usual
    return None if baseline is None else load_reference(baseline)
