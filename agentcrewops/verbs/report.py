"""`agentcrewops canary report`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import BaselineFile
from agentcrewops.verbs.panels import single


def report(
    folder: Annotated[
        Path, typer.Argument(help="Folder with the results of canary, of guardian, or of both.")
    ],
    baseline: BaselineFile = None,
) -> None:
    """Render report.html, summary.md and junit.xml again from saved results; nothing is run or judged.

    Example:  agentcrewops canary report canary-out

    Exit codes: 0 rendered · 2 bad input.
    """
    from agentcrewops.outcome.folder import render_folder
    from evals.results.baseline import load_reference

    reference = load_reference(baseline, keep_text=False) if baseline else None
    typer.echo(str(render_folder(folder, reference)))


app = single(report)
