"""`agentcrewops guardian baseline`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.guardian.options import ProbeFolders
from agentcrewops.verbs.guardian.resistance import (
    AttackConcurrency,
    AttackedModel,
    AttackedSuite,
    AttackMaxUsd,
)
from agentcrewops.verbs.options import OutFolder, Quiet

_RUNS = 100


def baseline(
    agent: Annotated[Path, typer.Option("--agent", help="agent.yaml to attack.")] = Path("agent.yaml"),
    policy: Annotated[
        Path | None, typer.Option("--policy", help="policy.yaml of the agent; default: beside it.")
    ] = None,
    suite: AttackedSuite = None,
    model: AttackedModel = None,
    probes: ProbeFolders = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="guardian.yaml; default: the one beside agent.yaml.")
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Runs per attack.")] = _RUNS,
    results: Annotated[
        Path | None,
        typer.Option("--from", help="Save these results, the --out of a guardian run, and attack nothing."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="File to write; default: baselines/guardian-AGENT.json beside the agent."),
    ] = None,
    out: OutFolder = Path("guardian-baseline-out"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on where attacks into --out stopped.")] = False,
    concurrency: AttackConcurrency = None,
    max_usd: AttackMaxUsd = None,
    seed: Annotated[
        int, typer.Option("--seed", help="Another than a check's, or a simulated agent repeats itself.")
    ] = 1,
    quiet: Quiet = False,
) -> None:
    """Attack the agent's own model many times, save that as what later checks are held against, and say what it sees.

    It holds for this agent, model and policy, and for each probe as it is: what changes has no baseline.

    Example:  agentcrewops guardian baseline --agent agent.yaml --max-usd 5

    Exit codes: 0 saved · 2 bad input · 3 could not measure.
    """
    import asyncio

    from agentcrewops.baselines.guardian import save_guardian_baseline
    from agentcrewops.caller import command_line
    from evals.sampling.journal import Start
    from security_pack.guardian.guardian import GuardianOptions, prepare_guardian
    from security_pack.resistance.preparation import ResistanceOptions

    options = GuardianOptions(
        agent=agent,
        policy=policy,
        probes=tuple(probes or ()),
        settings=settings,
        suite=suite,
        model=model,
    )
    attack = ResistanceOptions(
        agent=agent,
        policy=policy,
        suite=suite,
        model=model,
        samples=runs,
        out=out,
        concurrency=concurrency,
        seed=seed,
        max_usd=max_usd,
        start=Start.RESUME if resume else Start.AFRESH,
    )
    caller = command_line(quiet=quiet)
    asyncio.run(save_guardian_baseline(prepare_guardian(options), attack, results, to, os.environ, caller))
