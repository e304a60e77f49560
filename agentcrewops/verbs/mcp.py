"""`agentcrewops agent mcp pin`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import PolicyFile
from agentcrewops.verbs.panels import add, group

app = group("Tools of MCP servers: pin what a server says about them.")


@app.callback()
def _group() -> None:
    """Keep `pin` a command of its own, though it is the only one."""


def pin(
    agent: Annotated[Path, typer.Option("--agent", help="agent.yaml")] = Path("agent.yaml"),
    policy: PolicyFile = None,
) -> None:
    """Start the servers that agent.yaml names, and print each tool's keys with their pin, to review and paste.

    A run refuses a server whose tool no longer has the pinned name, description and arguments. Nothing is written.

    Example:  agentcrewops agent mcp pin --agent agent.yaml

    Exit codes: 0 printed · 2 a file is wrong, a server cannot be reached, or it offers no such tool.
    """
    import asyncio

    from agentcrewops.checkup.pinning import pinned_lines

    lines = asyncio.run(pinned_lines(agent, policy, os.environ))
    for line in lines:
        typer.echo(line)
    if not lines:
        typer.echo(f"{agent} names no tool of an MCP server", err=True)


add(app, "pin", pin)
