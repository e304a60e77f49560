"""`agentcrewops guardian`, also `agentcrewops guardian run`"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.errors import InvalidInput
from agentcrewops.verbs.guardian.options import ProbeFolders, member_named
from agentcrewops.verbs.guardian.resistance import (
    ENFORCEMENT,
    RESISTANCE,
    AttackBaseline,
    AttackConcurrency,
    AttackedModel,
    AttackedSuite,
    AttackMaxUsd,
    AttackResume,
    AttackSeed,
    AttackShard,
    Nightly,
    RunsPerProbe,
    Tiers,
    refuse_idle,
    tiers_of,
)
from agentcrewops.verbs.options import WHAT, GateFrom, Json, OutFolder, Quiet
from agentcrewops.verbs.panels import runs_below

if TYPE_CHECKING:
    from evals.sampling.caller import Caller
    from security_pack.assessment.assessment import Evidence
    from security_pack.guardian.guardian import PreparedGuardian
    from security_pack.resistance.preparation import ResistanceOptions


def run(
    ctx: typer.Context,
    agent: Annotated[
        Path, typer.Option("--agent", metavar="FILE", help="agent.yaml to attack.", rich_help_panel=WHAT)
    ] = Path("agent.yaml"),
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy",
            metavar="FILE",
            help="policy.yaml of the agent; default: beside it.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    suite: AttackedSuite = None,
    model: AttackedModel = None,
    tier: Tiers = None,
    out: OutFolder = Path("guardian-out"),
    probes: ProbeFolders = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--probe", metavar="ID", help="Only this probe; repeatable.", rich_help_panel=WHAT),
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(
            "--family", metavar="NAME", help="Only probes of this family; repeatable.", rich_help_panel=WHAT
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            metavar="FILE",
            help="guardian.yaml; default: the one beside agent.yaml.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    samples: RunsPerProbe = None,
    nightly: Nightly = False,
    baseline: AttackBaseline = None,
    max_usd: AttackMaxUsd = None,
    resume: AttackResume = False,
    shard: AttackShard = None,
    concurrency: AttackConcurrency = None,
    seed: AttackSeed = 0,
    gate_from: GateFrom = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play every attack against the real runtime with a model that obeys attackers: no key, no network.

    Checks agent.yaml and policy.yaml too. With --tier resistance the agent's own model is attacked many times, and
    what blocks is a success rate that surely rose above a baseline's. Writes report.html, findings.json,
    guardian.sarif and summary.md into --out; if a canary's results are there, the report holds both.

    \b
    Examples:
      agentcrewops guardian --agent agent.yaml
      agentcrewops guardian --agent agent.yaml --tier both --max-usd 2

    Exit codes: 0 pass · 1 breach · 2 bad input · 3 inconclusive.
    """
    if runs_below(ctx):
        return
    from evals.results.files import prepare_folder
    from evals.sampling.journal import Start
    from security_pack.catalog.probe import Family
    from security_pack.guardian.guardian import GuardianOptions, prepare_guardian
    from security_pack.resistance.preparation import ResistanceOptions

    options = GuardianOptions(
        agent=agent,
        policy=policy,
        probes=tuple(probes or ()),
        only=tuple(only or ()),
        families=tuple(member_named(Family, one, "--family") for one in family or ()),
        settings=settings,
        suite=suite,
        model=model,
        gate_from=gate_from,
    )
    prepared = prepare_guardian(options)
    tiers = tiers_of(tier, ours=prepared.manifest is not None)
    refuse_idle(
        tiers,
        samples=samples,
        nightly=nightly,
        baseline=baseline,
        max_usd=max_usd,
        resume=resume,
        shard=shard,
    )
    attack = ResistanceOptions(
        agent=agent,
        policy=policy,
        suite=suite,
        model=model,
        samples=samples,
        nightly=nightly,
        baseline=baseline,
        out=out,
        concurrency=concurrency,
        seed=seed,
        max_usd=max_usd,
        start=Start.RESUME if resume else Start.AFRESH,
        gate_from=gate_from,
    )
    prepare_folder(out)
    if shard is not None and ENFORCEMENT in tiers:
        raise InvalidInput.one("--shard", "divides the resistance tier alone", "add  --tier resistance")
    if shard is not None:
        _run_shard(prepared, attack, shard, as_json=as_json, quiet=quiet)
        return
    _run_tiers(prepared, tiers, attack, as_json=as_json, quiet=quiet)


def _run_tiers(
    prepared: PreparedGuardian,
    tiers: frozenset[str],
    attack: ResistanceOptions,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    import asyncio

    from agentcrewops.caller import command_line
    from agentcrewops.outcome.guardian import leave_with

    evidence, simulated = asyncio.run(_evidence(prepared, tiers, attack, command_line(quiet=quiet)))
    leave_with(prepared, evidence, attack.out, simulated=simulated, as_json=as_json)


async def _evidence(
    prepared: PreparedGuardian, tiers: frozenset[str], attack: ResistanceOptions, caller: Caller
) -> tuple[Evidence, bool]:
    """What the tiers found, and whether no real model was asked."""
    from security_pack.assessment.assessment import Evidence
    from security_pack.guardian.guardian import joined, run_probes

    evidence = await run_probes(prepared, caller.progress) if ENFORCEMENT in tiers else Evidence(())
    if RESISTANCE not in tiers:
        return evidence, False
    from security_pack.resistance.resistance import run_resistance

    found = await run_resistance(attack, prepared.chosen, os.environ, caller)
    return joined(evidence, found), found.result.simulated


def _run_shard(
    prepared: PreparedGuardian, attack: ResistanceOptions, written: str, *, as_json: bool, quiet: bool
) -> None:
    """One shard: runs and no assessment, so exit 0, or 3 if this shard must be run again."""
    import asyncio

    from agentcrewops.caller import command_line
    from agentcrewops.outcome.canary import announce_shard
    from evals.sampling.shards import parse_shard
    from security_pack.resistance.sharding import run_resistance_shard

    shard = parse_shard(written)
    caller = command_line(quiet=quiet)
    done = asyncio.run(run_resistance_shard(attack, shard, prepared.chosen, os.environ, caller))
    announce_shard(done, attack.out, as_json=as_json, merge="agentcrewops guardian merge")
    sys.exit(3 if done.trouble else 0)
