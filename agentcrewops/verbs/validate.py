"""`agentcrewops validate`"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import AgentFile, Json, PolicyFile


def validate(
    suite: Annotated[
        Path | None,
        typer.Option("--suite", help="Check a suite, and the agent it names; default: suite.yaml if there."),
    ] = None,
    agent: AgentFile = None,
    policy: PolicyFile = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Also every setting and where it comes from, graders and tool stubs."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check the files without running anything; print every problem with file, line and fix (exit 2)."""
    from agentcrewops.checkup.checkup import check_agent, check_suite
    from agentcrewops.checkup.explanation import lines_of
    from agentcrewops.terminal import printable

    if suite is None and agent is None and Path("suite.yaml").exists():
        suite = Path("suite.yaml")
    facts = (
        check_suite(suite, agent, policy, os.environ, explain=explain)
        if suite is not None
        else check_agent(agent or Path("agent.yaml"), policy, explain=explain)
    )
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    explained = facts.pop("explained", None)
    for name, value in facts.items():
        typer.echo(printable(f"{name:12} {value}"))
    for line in lines_of(explained) if explained else ():
        typer.echo(printable(line))
