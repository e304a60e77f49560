"""`agentcrewops guardian`"""

from __future__ import annotations

import typer

from agentcrewops.verbs.guardian import judge

app = typer.Typer(help="Try to turn the agent against you, and say which line lets it happen.")


@app.callback()
def _verbs() -> None:
    """Keep `guardian` a group, however many verbs it has."""


app.command("judge")(judge.judge)
