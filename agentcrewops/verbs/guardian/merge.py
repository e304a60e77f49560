"""`agentcrewops guardian merge`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.guardian.options import ProbeFolders
from agentcrewops.verbs.guardian.resistance import (
    AttackBaseline,
    AttackedModel,
    AttackedSuite,
    Nightly,
    RunsPerProbe,
)
from agentcrewops.verbs.options import GateFrom, Json, OutFolder


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="The --out folder of every shard, in any order.")
    ],
    agent: Annotated[Path, typer.Option("--agent", help="agent.yaml that was attacked.")] = Path(
        "agent.yaml"
    ),
    policy: Annotated[
        Path | None, typer.Option("--policy", help="policy.yaml of the agent; default: beside it.")
    ] = None,
    suite: AttackedSuite = None,
    model: AttackedModel = None,
    probes: ProbeFolders = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="guardian.yaml; default: the one beside agent.yaml.")
    ] = None,
    samples: RunsPerProbe = None,
    nightly: Nightly = False,
    baseline: AttackBaseline = None,
    out: OutFolder = Path("guardian-out"),
    gate_from: GateFrom = None,
    as_json: Json = False,
) -> None:
    """Put the shards of the resistance tier together, and say what they mean: what one machine would have said.

    A shard that is missing, there twice, cut short or of other attacks is named, and nothing is concluded (exit 3).

    Example:  agentcrewops guardian merge shard-1 shard-2

    Exit codes: 0 pass · 1 breach · 2 bad input · 3 inconclusive.
    """
    from agentcrewops.outcome.guardian import leave_with
    from security_pack.assessment.assessment import Evidence
    from security_pack.guardian.guardian import GuardianOptions, joined, prepare_guardian
    from security_pack.resistance.preparation import ResistanceOptions
    from security_pack.resistance.sharding import merge_resistance

    options = GuardianOptions(
        agent=agent,
        policy=policy,
        probes=tuple(probes or ()),
        settings=settings,
        suite=suite,
        model=model,
        gate_from=gate_from,
    )
    prepared = prepare_guardian(options)
    attack = ResistanceOptions(
        agent=agent,
        policy=policy,
        suite=suite,
        model=model,
        samples=samples,
        nightly=nightly,
        baseline=baseline,
        out=out,
        gate_from=gate_from,
    )
    found = merge_resistance(folders, attack, prepared.chosen, os.environ)
    leave_with(prepared, joined(Evidence(()), found), out, simulated=found.result.simulated, as_json=as_json)
