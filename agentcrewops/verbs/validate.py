"""`agentcrewops validate`"""

from __future__ import annotations

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
    as_json: Json = False,
) -> None:
    """Check the files without running anything; print every problem with file, line and fix (exit 2)."""
    from agentcrewops.checkup import check_agent, check_suite

    if suite is None and agent is None and Path("suite.yaml").exists():
        suite = Path("suite.yaml")
    facts = (
        check_suite(suite, agent, policy, os.environ)
        if suite is not None
        else check_agent(agent or Path("agent.yaml"), policy)
    )
    if as_json:
        import json

        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        typer.echo(f"{name:12} {value}")
