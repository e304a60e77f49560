"""`agentcrewops report`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import BaselineFile


def report(
    folder: Annotated[Path, typer.Argument(help="A canary folder with samples.jsonl and verdict.json.")],
    baseline: BaselineFile = None,
) -> None:
    """Render report.html, summary.md and junit.xml again from saved results; nothing is run or judged."""
    from evals.canary import render_again

    typer.echo(str(render_again(folder, baseline)))
