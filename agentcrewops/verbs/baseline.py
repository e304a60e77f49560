"""`agentcrewops baseline save|show`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import Json

app = typer.Typer(
    help="Save a run as the baseline to compare with, or look at one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Margin = Annotated[
    float, typer.Option("--margin", min=0.001, max=0.999, help="The drop the gate must rule out.")
]


@app.command()
def save(
    results: Annotated[Path, typer.Argument(help="A canary folder or its samples.jsonl.")] = Path(
        "canary-out"
    ),
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write; default: baselines/SUITE.json.")
    ] = None,
    margin: Margin = 0.10,
) -> None:
    """Write a small, stable file, made for review in git, and say what this baseline can see."""
    from agent_runtime.guard.redact import ALL_KINDS, Redactor
    from agentcrewops.baselines import print_baseline
    from evals.baseline import load_reference, save_baseline

    result = load_reference(results)
    path = to or Path("baselines") / f"{result.suite or 'suite'}.json"
    save_baseline(path, result, Redactor(ALL_KINDS).redact)
    typer.echo(f"saved {path}")
    print_baseline(result, margin)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A baseline file, samples.jsonl or canary folder.")],
    margin: Margin = 0.10,
    as_json: Json = False,
) -> None:
    """Show what a baseline holds and what it can see."""
    from agentcrewops.baselines import print_baseline
    from evals.baseline import load_reference

    print_baseline(load_reference(file), margin, as_json=as_json)
