"""`agentcrewops guardian`"""

from __future__ import annotations

import typer

from agentcrewops.verbs.guardian import explain, judge, listing, new, selftest, sinks

app = typer.Typer(
    help="Try to turn the agent against you, and say which line lets it happen.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

app.command("list")(listing.list_probes)
app.command("explain")(explain.explain)
app.command("new")(new.new)
app.command("selftest")(selftest.selftest)
app.command("judge")(judge.judge)
app.command("sinks")(sinks.sinks)
