"""`agentcrewops guardian`"""

from __future__ import annotations

import typer

from agentcrewops.verbs.guardian.sinks import sinks

app = typer.Typer(
    help="Try to turn the agent against you, and say which line lets it happen.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("sinks")(sinks)


@app.callback()
def _group() -> None:
    """Keeps `sinks` a command of its own, although it is the only one."""
