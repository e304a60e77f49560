"""A baseline on the command line: what may become one, where it goes, and what it can see."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import typer

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import read_json
from agentcrewops.terminal import printable
from evals.canary.baselines import BaselinePower, describe_baseline
from evals.results.baseline import samples_file
from evals.results.records import SuiteResult
from evals.results.verdict import VerdictKind, read_verdict
from evals.suite.suite_file import SUITE_NAME

RUNS = 30
"""Of each case, at least: a baseline of ten is itself a draw of luck, and every later comparison inherits it."""
TIMES = 3
"""A baseline has so many times the runs of what is compared with it: a quarter of the variance is then its own.
The rows `30×10 vs 30` of benchmarks/gate_calibration.py measure the gate with such a one."""
_UNFIT = {VerdictKind.DRIFT, VerdictKind.BELOW_FLOOR, VerdictKind.NOT_MEASURED}


def enough_runs(samples: int) -> int:
    """Runs per case of a baseline for canaries of `samples` runs per case."""
    return max(RUNS, TIMES * samples)


def default_file(folder: Path, suite: str) -> Path:
    """baselines/SUITE.json below `folder`.

    Raises:
        InvalidInput: if the name, which may come from a foreign file, cannot be that of a file there.
    """
    name = suite or "suite"
    if not re.fullmatch(SUITE_NAME.rstrip("$"), name):
        raise InvalidInput.one("--to", "is needed: the suite's name cannot be a file name", "name the file")
    return folder / "baselines" / f"{name}.json"


def verdict_beside(results: Path) -> VerdictKind | None:
    """What the verdict.json beside these results says; None if there is none.

    Raises:
        InvalidInput: if it is no verdict.
    """
    samples = samples_file(results)
    path = samples.parent / "verdict.json" if samples is not None else None
    if path is None or not path.is_file():
        return None
    return read_verdict(read_json(path, "run the canary again")).verdict


def refuse_unfit(results: Path, kind: VerdictKind | None) -> None:
    """Refuse to make a baseline of results that failed: it would become what is normal.

    Raises:
        InvalidInput: if the results failed, or measured nothing.
    """
    if kind in _UNFIT:
        what = f"its verdict.json says {kind.value}: as a baseline it would become what is normal"
        raise InvalidInput.one(results, what, "look at its report, or save it with --accept")


def advice(result: SuiteResult, samples: int) -> str | None:
    """What to do about a baseline with few runs; None if it has enough for canaries of `samples` runs."""
    fewest = min((len(case.samples) for case in result.cases if case.samples), default=0)
    enough = TIMES * samples
    if fewest >= enough:
        return None
    return (
        f"{fewest} runs per case are few: every later comparison inherits their luck. "
        f"Take {enough}, three times what a canary runs:  agentcrewops baseline record"
    )


def print_baseline(result: SuiteResult, margin: float, *, as_json: bool = False) -> None:
    """Print a baseline's cases and sight on stdout."""
    power = describe_baseline(result, margin=margin)
    if as_json:
        typer.echo(
            json.dumps({"suite": result.suite, "simulated": result.simulated, **asdict(power)}, indent=2)
        )
        return
    runs = sum(case.runs for case in power.cases)
    kind = " · simulated" if result.simulated else ""
    typer.echo(printable(f"{result.suite} · {len(power.cases)} cases · {runs} measured runs{kind}\n"))
    for case in power.cases:
        typer.echo(printable(f"  {case.passed:>4} of {case.runs:<4} {case.case_id}"))
    typer.echo("\n" + "\n".join(_words(power)))


def _words(power: BaselinePower) -> list[str]:
    """What the gate would see against this baseline, in sentences."""
    if power.minimum_detectable_drop is None or power.chance_of_pass is None:
        return ["Nothing was measured, so nothing can be compared with it."]
    drop, margin, chance = (
        f"{share * 100:.0f}" for share in (power.minimum_detectable_drop, power.margin, power.chance_of_pass)
    )
    words = [
        f"With {power.samples} runs per case the gate finds a drop of {drop} points four times out of five.",
        f"An unchanged agent gets `pass` (a drop of {margin} points is ruled out) {chance} % of the time.",
    ]
    if power.samples_for_pass is None:
        words.append("No number of candidate runs makes that 80 %: add baseline runs, cases, or margin.")
    elif power.samples_for_pass > power.samples:
        words.append(f"{power.samples_for_pass} runs per case make that 80 %.")
    return words
