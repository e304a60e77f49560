"""`agentcrewops doctor`"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentcrewops.verbs.options import AgentFile, Json, OutFolder, PolicyFile

if TYPE_CHECKING:
    from agentcrewops.checkup.doctor import Finding


def doctor(
    suite: Annotated[
        Path | None, typer.Option("--suite", help="suite.yaml to look at; default: the one here, if there.")
    ] = None,
    agent: AgentFile = None,
    policy: PolicyFile = None,
    out: OutFolder = Path("canary-out"),
    as_json: Json = False,
) -> None:
    """Look at everything a canary needs: environment, files, keys (never shown), prices, endpoints, policy.

    Nothing is run; only the declared endpoints are connected to. Exit codes: 0 nothing but advice · 1 a problem ·
    2 a file that cannot be used.
    """
    from agentcrewops.checkup.doctor import CheckSubject, examine, exit_code

    if suite is None and agent is None:
        suite, agent = _here("suite.yaml"), _here("agent.yaml")
    patient = CheckSubject(suite, agent if suite is None else None, policy, out)
    findings = examine(patient, os.environ)
    if as_json:
        facts = [{"level": found.level, "what": found.what, "fix": found.fix} for found in findings]
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        _print(findings)
    sys.exit(exit_code(findings))


def _here(name: str) -> Path | None:
    return Path(name) if Path(name).exists() else None


def _print(findings: list[Finding]) -> None:
    from agentcrewops.terminal import printable

    for found in findings:
        typer.echo(printable(f"{found.level:8} {found.what}"))
        if found.fix:
            typer.echo(printable(f"{'':8} fix: {found.fix}"))
