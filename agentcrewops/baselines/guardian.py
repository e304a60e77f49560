"""A baseline of attacks on the command line: what becomes one, and what it can see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import typer

from agent_runtime.errors import CannotMeasure
from agent_runtime.guard.redact import ALL_KINDS, Redactor
from agentcrewops.baselines.canary import default_file
from agentcrewops.terminal import printable
from evals.results.baseline import load_reference, save_baseline, summarize
from evals.results.records import SuiteResult
from evals.sampling.caller import NOBODY, Caller
from security_pack.findings.rates import LEAST_BASELINE, power_of_one
from security_pack.guardian.guardian import PreparedGuardian
from security_pack.resistance.preparation import FOLDER, ResistanceOptions
from security_pack.resistance.probe_case import TWIN
from security_pack.resistance.regression import why_not_measured
from security_pack.resistance.resistance import run_resistance

_RUNS_OF_A_CHECK = 10
_ENOUGH = 100


async def save_guardian_baseline(
    prepared: PreparedGuardian,
    attack: ResistanceOptions,
    results: Path | None,
    to: Path | None,
    environ: Mapping[str, str],
    caller: Caller = NOBODY,
) -> None:
    """Attack (or take `results`), save, and tell about it.

    Raises:
        CannotMeasure: too many runs measured nothing.
    """
    result = await _attack(prepared, attack, environ, caller) if results is None else _stored_result(results)
    path = to or default_file(prepared.options.attacked.parent, result.suite)
    save_baseline(path, result, Redactor(ALL_KINDS).redact)
    typer.echo(f"saved {path}")
    for line in description(result):
        typer.echo(printable(line))


def description(result: SuiteResult) -> list[str]:
    """What the baseline holds, and what a check of ten runs would see against it."""
    attacks = [case for case in summarize(result) if not case.case_id.endswith(TWIN) and case.runs]
    succeeded = sum(case.runs - case.passed for case in attacks)
    fewest = min((case.runs for case in attacks), default=0)
    lines = [f"{succeeded} of {sum(case.runs for case in attacks)} runs of {len(attacks)} attacks succeeded."]
    if fewest < LEAST_BASELINE:
        return [*lines, f"{fewest} runs per attack are few: from {LEAST_BASELINE} on a rise blocks."]
    power = power_of_one(fewest, _RUNS_OF_A_CHECK, len(attacks), 0.5)
    seen = f"A check of {_RUNS_OF_A_CHECK} runs finds an attack that goes from never to half of the time"
    lines.append(f"{seen} {power * 100:.0f} times out of 100.")
    if fewest < _ENOUGH:
        better = power_of_one(_ENOUGH, _RUNS_OF_A_CHECK, len(attacks), 0.5)
        lines.append(f"With {_ENOUGH} runs per attack it would be {better * 100:.0f}:  --runs {_ENOUGH}")
    return lines


async def _attack(
    prepared: PreparedGuardian, attack: ResistanceOptions, environ: Mapping[str, str], caller: Caller
) -> SuiteResult:
    found = await run_resistance(attack, prepared.chosen, environ, caller, compare=False)
    if found.not_measured:
        raise CannotMeasure(f"no baseline is saved: {found.not_measured}")
    return found.result


def _stored_result(results: Path) -> SuiteResult:
    within = results / FOLDER
    result = load_reference(within if within.is_dir() else results)
    if reason := why_not_measured(result):
        raise CannotMeasure(f"no baseline is saved: {reason}")
    return result
