"""`agentcrewops canary`"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import (
    AgentFile,
    BaselineFile,
    Json,
    ModelName,
    OutFolder,
    PolicyFile,
    Quiet,
    Seed,
    Strict,
    SuiteFile,
)


def canary(
    suite: SuiteFile = Path("suite.yaml"),
    agent: AgentFile = None,
    policy: PolicyFile = None,
    model: ModelName = None,
    samples: Annotated[
        int | None,
        typer.Option("--samples", "-n", min=1, help="Runs per case; default: the suite's, else 10."),
    ] = None,
    baseline: BaselineFile = None,
    out: OutFolder = Path("canary-out"),
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", "-c", min=1, max=2000, help="Runs at the same time; default 50."),
    ] = None,
    seed: Seed = 0,
    max_usd: Annotated[
        float | None,
        typer.Option("--max-usd", min=0, help="Stop before more than this is spent; default: the suite's."),
    ] = None,
    history: Annotated[
        list[Path] | None,
        typer.Option("--history", help="Folder with earlier results: the report then shows the trend."),
    ] = None,
    require_baseline: Annotated[
        bool, typer.Option("--require-baseline", help="Exit 3 if there is nothing to compare with.")
    ] = False,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run every case N times, compare with a baseline, and say: drift, pass or undecided.

    Writes report.html, verdict.json, summary.md, junit.xml and samples.jsonl into --out. Ctrl-C keeps what is done.

    Exit codes: 0 pass or undecided · 1 drift or below a floor · 2 bad input · 3 could not measure.
    """
    from agentcrewops.outcome import announce, exit_code
    from evals.canary import CanaryOptions, run_canary

    options = CanaryOptions(
        suite=suite,
        agent=agent,
        policy=policy,
        model=model,
        samples=samples,
        baseline=baseline,
        out=out,
        concurrency=concurrency,
        seed=seed,
        max_usd=max_usd,
        history=tuple(history or ()),
    )
    verdict = run_canary(options, os.environ, quiet=quiet)
    announce(verdict, out, as_json=as_json)
    sys.exit(exit_code(verdict.verdict, strict=strict, require_baseline=require_baseline))
