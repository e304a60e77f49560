"""`agentcrewops guardian`, also `agentcrewops guardian run`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.guardian.options import ProbeFolders, member_named
from agentcrewops.verbs.options import Json, OutFolder, Quiet


def run(
    agent: Annotated[Path, typer.Option("--agent", help="agent.yaml to attack.")] = Path("agent.yaml"),
    policy: Annotated[
        Path | None, typer.Option("--policy", help="policy.yaml of the agent; default: beside it.")
    ] = None,
    out: OutFolder = Path("guardian-out"),
    probes: ProbeFolders = None,
    only: Annotated[
        list[str] | None, typer.Option("--probe", metavar="ID", help="Only this probe; repeatable.")
    ] = None,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="Only this family, such as leaks; repeatable.")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="guardian.yaml; default: the one beside agent.yaml.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play every attack against the real runtime with a model that obeys attackers: no key, no network.

    Checks agent.yaml and policy.yaml too. Writes report.html, findings.json, guardian.sarif and summary.md into --out;
    if a canary's results are there, the report holds both.

    Exit codes: 0 pass · 1 breach · 2 bad input · 3 inconclusive.
    """
    from datetime import UTC, datetime

    from agentcrewops.guardian_outcome import announce_assessment, guardian_exit_code
    from agentcrewops.results_folder import write_guardian
    from evals.results import prepare_folder
    from security_pack.guardian import GuardianOptions, prepare_guardian, run_guardian
    from security_pack.probe import Family
    from security_pack.progress import attack_progress

    options = GuardianOptions(
        agent=agent,
        policy=policy,
        probes=tuple(probes or ()),
        only=tuple(only or ()),
        families=tuple(member_named(Family, one, "--family") for one in family or ()),
        settings=settings,
    )
    ready = prepare_guardian(options)
    prepare_folder(out)
    with attack_progress(len(ready.chosen), sys.stderr, quiet=quiet) as on_trial:
        assessment = run_guardian(ready, datetime.now(UTC).date(), on_trial)
    write_guardian(out, assessment, agent)
    announce_assessment(assessment, out, as_json=as_json)
    sys.exit(guardian_exit_code(assessment.conclusion))
