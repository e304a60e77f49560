"""A canary as a command calls it: run to its end, stopped by signals, and its folder rendered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from evals.canary.canary import run_canary
from evals.canary.preparation import CanaryOptions
from evals.canary.regrading import regrade
from evals.canary.sharding import ShardRun, merge_shards, run_shard
from evals.report.folder import render_results
from evals.report.result import CanaryResult
from evals.results.verdict import Verdict
from evals.sampling.caller import Caller, StopSignals
from evals.sampling.shards import Shard

COMMAND = Caller(cancellation=StopSignals())


def canary_verdict(
    options: CanaryOptions, environ: Mapping[str, str] | None = None, caller: Caller = COMMAND
) -> Verdict:
    """The verdict; all files are in `options.out`."""
    return _rendered(asyncio.run(run_canary(options, environ or {}, caller)), options.out)


def shard_run(options: CanaryOptions, shard: Shard, environ: Mapping[str, str] | None = None) -> ShardRun:
    """How the shard went; its files are in `options.out`."""
    return asyncio.run(run_shard(options, shard, environ or {}, COMMAND))


def merged_verdict(
    folders: list[Path], baseline: Path | None, out: Path, gate_from: str | None = None
) -> Verdict:
    """The verdict on all shards; all files are in `out`."""
    return _rendered(merge_shards(folders, baseline, out, gate_from), out)


def graded_again(results: Path, options: CanaryOptions, environ: Mapping[str, str] | None = None) -> Verdict:
    """The verdict on saved samples; all files are in `options.out`."""
    return _rendered(asyncio.run(regrade(results, options, environ or {})), options.out)


def _rendered(found: CanaryResult, folder: Path) -> Verdict:
    render_results(folder, found)
    return found.verdict
