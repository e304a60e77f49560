"""`agentcrewops guardian`"""

from __future__ import annotations

import typer

from agentcrewops.verbs.guardian import (
    baseline,
    explain,
    judge,
    listing,
    merge,
    new,
    run,
    selftest,
    sinks,
)
from agentcrewops.verbs.guardian.default_verb import RunByDefault

app = typer.Typer(
    cls=RunByDefault,
    help="Try to turn the agent against you, and say which line lets it happen.",
    epilog="`agentcrewops guardian --agent agent.yaml` is short for `guardian run --agent agent.yaml`.",
    rich_markup_mode=None,
)

app.command("run")(run.run)
app.command("baseline")(baseline.baseline)
app.command("merge")(merge.merge)
app.command("list")(listing.list_probes)
app.command("explain")(explain.explain)
app.command("new")(new.new)
app.command("judge")(judge.judge)
app.command("sinks")(sinks.sinks)
app.command("selftest")(selftest.selftest)
