"""How a baseline is shown: what it holds, and what it can see."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from agentcrewops.terminal import printable
from evals.records import SuiteResult
from evals.sight import Sight, describe_baseline


def print_baseline(result: SuiteResult, margin: float, *, as_json: bool = False) -> None:
    """Print a baseline's cases and sight on stdout."""
    sight = describe_baseline(result, margin=margin)
    if as_json:
        typer.echo(
            json.dumps({"suite": result.suite, "simulated": result.simulated, **asdict(sight)}, indent=2)
        )
        return
    runs = sum(case.runs for case in sight.cases)
    kind = " · simulated" if result.simulated else ""
    typer.echo(printable(f"{result.suite} · {len(sight.cases)} cases · {runs} measured runs{kind}\n"))
    for case in sight.cases:
        typer.echo(printable(f"  {case.passed:>4} of {case.runs:<4} {case.case_id}"))
    typer.echo("\n" + "\n".join(_words(sight)))


def _words(sight: Sight) -> list[str]:
    """What the gate would see against this baseline, in sentences."""
    if sight.minimum_detectable_drop is None or sight.chance_of_pass is None:
        return ["Nothing was measured, so nothing can be compared with it."]
    drop, margin, chance = (
        f"{share * 100:.0f}" for share in (sight.minimum_detectable_drop, sight.margin, sight.chance_of_pass)
    )
    words = [
        f"With {sight.samples} runs per case the gate finds a drop of {drop} points four times out of five.",
        f"An unchanged agent gets `pass` (a drop of {margin} points is ruled out) {chance} % of the time.",
    ]
    if sight.samples_for_pass is None:
        words.append("No number of candidate runs makes that 80 %: add baseline runs, cases, or margin.")
    elif sight.samples_for_pass > sight.samples:
        words.append(f"{sight.samples_for_pass} runs per case make that 80 %.")
    return words
