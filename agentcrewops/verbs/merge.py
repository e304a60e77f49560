"""`agentcrewops canary merge`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import GateFrom, Json, OutFolder, RequireBaseline, Strict
from agentcrewops.verbs.panels import single


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="The --out folder of every shard, in any order.")
    ],
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline",
            help="Baseline file, samples.jsonl or canary folder to compare with; "
            "default: baselines/SUITE.json, if the shards had a baseline.",
        ),
    ] = None,
    gate_from: GateFrom = None,
    out: OutFolder = Path("canary-out"),
    require_baseline: RequireBaseline = False,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Put the shards of a canary together and judge them: the verdict is that of one machine.

    A shard that is missing, there twice, cut short or of another evaluation is named, and nothing is measured (exit 3).

    Example:  agentcrewops canary merge shard-1 shard-2 shard-3

    Exit codes: 0 pass or undecided · 1 drift or below a floor · 2 bad input · 3 could not measure.
    """
    from agentcrewops.outcome.canary import announce, exit_code
    from agentcrewops.outcome.folder import findings_in, render_canary
    from evals.canary.sharding import merge_shards

    # Guardian's findings will be a part of the report: what is wrong with them is told before anything is written.
    findings_in(out)
    found = merge_shards(folders, baseline, out, gate_from)
    render_canary(out, found)
    announce(found.verdict, out, as_json=as_json)
    sys.exit(exit_code(found.verdict, strict=strict, require_baseline=require_baseline))


app = single(merge)
