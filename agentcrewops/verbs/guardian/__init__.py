"""`agentcrewops guardian`"""

from __future__ import annotations

import typer

app = typer.Typer(help="Try to turn the agent against you, and say which line lets it happen.")
