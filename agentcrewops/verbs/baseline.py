"""`agentcrewops baseline record|save|refresh|show`"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import AgentFile, Json, ModelName, OutFolder, PolicyFile, Quiet, SuiteFile
from agentcrewops.verbs.panels import add, group

app = group("Save a run as the baseline to compare with, or look at one.")

Margin = Annotated[
    float, typer.Option("--margin", min=0.001, max=0.999, help="The drop the gate must rule out.")
]

Accept = Annotated[
    bool, typer.Option("--accept", help="Even if these results drifted, broke a floor or measured little.")
]


def record(
    suite: SuiteFile = Path("suite.yaml"),
    agent: AgentFile = None,
    policy: PolicyFile = None,
    model: ModelName = None,
    runs: Annotated[
        int | None,
        typer.Option("--runs", min=1, help="Runs per case; default: 30, or three times the suite's samples."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="File to write; default: baselines/SUITE.json beside the suite."),
    ] = None,
    out: OutFolder = Path("baseline-out"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a recording into --out stopped.")
    ] = False,
    max_usd: Annotated[
        float | None,
        typer.Option("--max-usd", min=0, help="Stop before more than this is spent; default: the suite's."),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", help="Of the samples; another than a canary's, or a simulated agent repeats itself."
        ),
    ] = 1,
    accept: Accept = False,
    margin: Margin = 0.10,
    quiet: Quiet = False,
) -> None:
    """Run the suite with many runs per case, save that as the baseline, and say what it can see.

    An earlier baseline of the suite is compared with: one that fell is saved with --accept only.

    Example:  agentcrewops baseline record --suite suite.yaml

    Exit codes: 0 saved · 2 bad input · 3 could not measure.
    """
    import asyncio

    from agent_runtime.errors import CannotMeasure
    from agentcrewops.baselines.canary import default_file, enough_runs, refuse_unfit
    from agentcrewops.caller import command_line
    from agentcrewops.outcome.folder import render_canary
    from evals.canary.canary import run_canary
    from evals.canary.preparation import CanaryOptions
    from evals.results.verdict import VerdictKind
    from evals.sampling.journal import Start
    from evals.suite.suite import load_suite

    read = load_suite(suite)
    options = CanaryOptions(
        suite=suite,
        agent=agent,
        policy=policy,
        model=model,
        samples=runs or enough_runs(read.samples),
        out=out,
        seed=seed,
        max_usd=max_usd,
        start=Start.RESUME if resume else Start.AFRESH,
        fixed=True,
        confirm=False,
    )
    found = asyncio.run(run_canary(options, os.environ, command_line(quiet=quiet)))
    render_canary(out, found)
    verdict = found.verdict
    if verdict.verdict is VerdictKind.NOT_MEASURED and not accept:
        raise CannotMeasure(f"no baseline is saved: {'; '.join(verdict.reasons)}")
    if not accept:
        refuse_unfit(out, verdict.verdict)
    _save(out, to or default_file(suite.parent, read.name), margin, read.samples)


def save(
    results: Annotated[Path, typer.Argument(help="A canary folder or its samples.jsonl.")] = Path(
        "canary-out"
    ),
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write; default: baselines/SUITE.json.")
    ] = None,
    suite: Annotated[
        Path | None, typer.Option("--suite", help="suite.yaml, to tell whether its samples make it enough.")
    ] = None,
    accept: Accept = False,
    margin: Margin = 0.10,
) -> None:
    """Write a small, stable file, made for review in git, and say what this baseline can see.

    It becomes the approved one that later refreshes are held against.

    Example:  agentcrewops baseline save canary-out

    Exit codes: 0 saved · 2 bad input, or results unfit for a baseline.
    """
    from agent_runtime.statistics.looks import PLANNED
    from agentcrewops.baselines.canary import refuse_unfit, verdict_beside
    from evals.suite.suite import load_suite

    samples = load_suite(suite).samples if suite is not None else PLANNED
    if not accept:
        refuse_unfit(results, verdict_beside(results))
    _save(results, to, margin, samples)


def _save(results: Path, to: Path | None, margin: float, samples: int) -> None:
    """Write the baseline and tell about it; `samples` is what a canary runs per case."""
    from agent_runtime.guard.redact import ALL_KINDS, Redactor
    from agentcrewops.baselines.canary import advice, default_file, print_baseline
    from evals.results.baseline import load_reference, save_baseline

    result = load_reference(results)
    path = to or default_file(Path(), result.suite)
    save_baseline(path, result, Redactor(ALL_KINDS).redact)
    typer.echo(f"saved {path}")
    print_baseline(result, margin)
    if (few := advice(result, samples)) is not None:
        typer.echo(few)


def refresh(
    results: Annotated[Path, typer.Argument(help="New results: a canary folder or its samples.jsonl.")],
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Baseline to replace; default: baselines/SUITE.json.")
    ] = None,
    anchor: Annotated[
        Path | None,
        typer.Option("--anchor", help="Approved results to hold it against; default: as the baseline says."),
    ] = None,
    margin: Margin = 0.10,
) -> None:
    """Replace a baseline by newer results, unless they fell below what a person last approved.

    Example:  agentcrewops baseline refresh canary-out

    Exit codes: 0 refreshed · 1 a slow slide, nothing is written · 2 bad input · 3 could not measure.
    """
    from agent_runtime.guard.redact import ALL_KINDS, Redactor
    from agent_runtime.statistics.looks import PLANNED
    from agentcrewops.baselines.canary import advice, default_file
    from agentcrewops.terminal import plain
    from evals.canary.baselines import compare_refresh, slow_slide
    from evals.results.baseline import load_reference, read_anchor, read_baseline, save_baseline

    new = load_reference(results)
    path = baseline or default_file(Path(), new.suite)
    approved = load_reference(anchor) if anchor is not None else read_anchor(path)
    refreshed = compare_refresh(read_baseline(path), approved, new, margin)
    typer.echo(f"against the baseline: {plain(refreshed.against_baseline.headline)}")
    typer.echo(f"against the last approved: {plain(refreshed.against_anchor.headline)}")
    if (slide := slow_slide(refreshed)) is not None:
        typer.echo(slide)
        sys.exit(1)
    save_baseline(path, new, Redactor(ALL_KINDS).redact, approved)
    typer.echo(f"refreshed {path}")
    if (few := advice(new, PLANNED)) is not None:
        typer.echo(few)


def show(
    file: Annotated[Path, typer.Argument(help="A baseline file, samples.jsonl or canary folder.")],
    margin: Margin = 0.10,
    as_json: Json = False,
) -> None:
    """Show what a baseline holds and what it can see.

    Example:  agentcrewops baseline show baselines/support-triage.json

    Exit codes: 0 shown · 2 bad input.
    """
    from agentcrewops.baselines.canary import print_baseline
    from evals.results.baseline import load_reference

    print_baseline(load_reference(file), margin, as_json=as_json)


add(app, "record", record)
add(app, "save", save)
add(app, "refresh", refresh)
add(app, "show", show)
