"""`agentcrewops compare`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import Json, OutFolder, Strict
from agentcrewops.verbs.panels import single


def compare(
    baseline: Annotated[
        Path, typer.Argument(help="Baseline: samples.jsonl of any harness, or a baseline file.")
    ],
    candidate: Annotated[Path, typer.Argument(help="Candidate: samples.jsonl of any harness.")],
    out: OutFolder = Path("compare-out"),
    margin: Annotated[
        float, typer.Option("--margin", min=0.001, max=0.999, help="The drop to rule out, as a fraction.")
    ] = 0.10,
    min_success_rate: Annotated[
        float | None,
        typer.Option("--min-success-rate", min=0, max=1, help="A floor that holds without a baseline."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Resampling seed; default: a hash of the inputs.")
    ] = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Judge two result files against each other; nothing is run.

    A line needs only case_id, sample_index and passed (true, false or null); it may carry status, latency_ms,
    cost_usd, output_sha256 and cached.

    Example:  agentcrewops compare before.jsonl after.jsonl

    Exit codes: 0 pass or undecided · 1 drift or below a floor · 2 bad input · 3 could not measure.
    """
    from agentcrewops.outcome.canary import announce, exit_code
    from agentcrewops.outcome.folder import render_canary
    from evals.canary.saved import compare_files
    from evals.suite.suite_file import GateSettings

    settings = GateSettings(margin=margin, min_success_rate=min_success_rate)
    found = compare_files(baseline, candidate, out, settings, seed)
    render_canary(out, found)
    announce(found.verdict, out, as_json=as_json)
    sys.exit(exit_code(found.verdict, strict=strict))


app = single(compare)
