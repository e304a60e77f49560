"""`agentcrewops guardian`"""

from __future__ import annotations

import typer
from typer.core import TyperGroup

from agentcrewops.verbs.guardian import explain, listing, new, run


class _RunByDefault(TyperGroup):
    """`guardian --agent …` means `guardian run --agent …`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """A first word that is an option belongs to `run`, unless it asks for help."""
        asks = bool(args) and args[0] in ctx.help_option_names
        first = args[0] if args else ""
        return super().parse_args(ctx, args if asks or (first and first[0] != "-") else ["run", *args])


app = typer.Typer(
    cls=_RunByDefault,
    help="Try to turn the agent against you, and say which line lets it happen.",
    epilog="`agentcrewops guardian --agent agent.yaml` is short for `guardian run --agent agent.yaml`.",
)

app.command("run")(run.run)
app.command("list")(listing.list_probes)
app.command("explain")(explain.explain)
app.command("new")(new.new)
