"""`agentcrewops canary trend`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import Json
from agentcrewops.verbs.panels import single


def trend(
    folders: Annotated[
        list[Path], typer.Argument(help="Canary folders, or folders that hold many of them.", metavar="DIR…")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="Write the charts into this HTML file.")] = None,
    as_json: Json = False,
) -> None:
    """Show success, p95 and $ per success per day: is the hosted model drifting under an unchanged agent?

    The day of a result comes from its run.json, else from a date such as 2026-03-12 in the folder's name, else
    from the file's time. Reads results only.

    Example:  agentcrewops canary trend nightly --out trend.html

    Exit codes: 0 shown, whatever the trend · 2 bad input.
    """
    from agentcrewops.outcome.trend import print_trends
    from evals.gate.trend import read_dated_results, trends

    found = trends(read_dated_results(folders))
    if out is not None:
        from agent_runtime.files.atomic_file import replace_file
        from evals.report.trend import render_trend
        from evals.results.files import prepare_folder

        prepare_folder(out.parent)
        replace_file(out, render_trend(found))
    print_trends(found, as_json=as_json)
    if out is not None and not as_json:
        typer.echo(f"charts: {out}")


app = single(trend)
