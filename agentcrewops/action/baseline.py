"""The step `Refresh` of actions/baseline: measure, hold against what was approved, propose in a pull request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from agent_runtime.errors import CannotMeasure, InvalidInput
from agent_runtime.guard.redact import ALL_KINDS, Redactor
from agentcrewops.action.inputs import Inputs
from agentcrewops.baselines.canary import enough_runs
from agentcrewops.caller import command_line
from agentcrewops.outcome.folder import render_canary
from agentcrewops.terminal import plain
from bot.actions.environment import TOKEN, ActionsEnvironment
from bot.github.repository import Connection, with_token
from bot.publish.proposals import Proposal, propose
from evals.canary.baselines import compare_refresh, slow_slide
from evals.canary.canary import run_canary
from evals.canary.preparation import CanaryOptions, usual_baseline
from evals.formatting import markdown
from evals.formatting.prose import spans
from evals.results.baseline import load_reference, read_anchor, read_baseline, save_baseline
from evals.results.records import SuiteResult
from evals.results.verdict import Verdict, VerdictKind
from evals.suite.suite import Suite, load_suite

_UNFIT = {VerdictKind.BELOW_FLOOR, VerdictKind.NOT_MEASURED}


@dataclass(frozen=True, slots=True)
class RefreshOutcome:
    """What became of it: the pull request's number, or None and why there is none.

    Attributes:
        slid: the agent fell below what was approved.
    """

    pull: int | None
    why: str = ""
    slid: bool = False


def refresh_baseline(
    inputs: Inputs, results: Path, actions: ActionsEnvironment, environ: Mapping[str, str]
) -> RefreshOutcome:
    """Measure the suite, and propose the result as its baseline unless it fell below what was approved.

    Raises:
        CannotMeasure: the runs are no baseline.
        CannotPropose: GitHub refused.
        InvalidInput
    """
    # Before anything is measured, and paid for.
    branch = _default_branch(environ)
    suite = load_suite(inputs.suite)
    options = _options(inputs, suite, results, environ)
    found = asyncio.run(run_canary(options, environ, command_line(quiet=True)))
    render_canary(results, found)
    verdict = found.verdict
    if verdict.verdict in _UNFIT:
        raise CannotMeasure(f"no baseline is proposed: {plain(verdict.headline)}")
    file = usual_baseline(suite)
    measured = load_reference(results)
    if (slide := _save_unless_sliding(file, measured, suite)) is not None:
        return RefreshOutcome(None, slide, slid=True)
    proposal = _proposal(file, measured, suite, verdict, branch, actions)
    github = with_token(Connection(actions.api_url, actions.repository), _token(actions))
    number = propose(github, proposal)
    return RefreshOutcome(number, "" if number else f"{file} says the same already")


def _options(inputs: Inputs, suite: Suite, results: Path, environ: Mapping[str, str]) -> CanaryOptions:
    """Each week draws anew: a simulated agent with last week's seed would repeat itself."""
    number = environ.get("GITHUB_RUN_NUMBER", "")
    return CanaryOptions(
        suite=inputs.suite,
        model=inputs.model,
        samples=inputs.samples or enough_runs(suite.samples),
        out=results,
        seed=int(number) if number.isascii() and number.isdigit() else 1,
        max_usd=inputs.max_usd,
        # A baseline is a sample of fixed size: one that stopped when it looked good would be a lucky one.
        fixed=True,
        confirm=False,
    )


def _save_unless_sliding(file: Path, measured: SuiteResult, suite: Suite) -> str | None:
    """Write the baseline file, and return None; if the agent slid, leave the file and return why."""
    clean = Redactor(ALL_KINDS).redact
    # The first baseline has nothing to fall below: a person looks at it in the pull request.
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        save_baseline(file, measured, clean)
        return None
    approved = read_anchor(file)
    refresh = compare_refresh(read_baseline(file), approved, measured, suite.gate.margin)
    if (slide := slow_slide(refresh)) is None:
        save_baseline(file, measured, clean, approved)
    return slide


def _proposal(
    file: Path,
    measured: SuiteResult,
    suite: Suite,
    verdict: Verdict,
    branch: str,
    actions: ActionsEnvironment,
) -> Proposal:
    runs = min((len(case.samples) for case in measured.cases), default=0)
    simulated = " (simulated)" if measured.simulated else ""
    body = (
        f"Measured at {actions.sha[:12]}{simulated}: {len(measured.cases)} cases × {runs} runs.\n\n"
        f"{markdown.prose(spans(verdict.headline), 1_500)}\n\n"
        "It was held against the baseline that a person last approved and is not below it. Merging it makes it what "
        "pull requests are compared with; closing it changes nothing.\n"
    )
    return Proposal(
        branch=f"agentcrewops/baseline-{suite.name}",
        base=branch,
        base_sha=actions.sha,
        path=file.resolve().relative_to(actions.workspace.resolve()).as_posix(),
        content=file.read_bytes(),
        title=f"Refresh the baseline of {suite.name}",
        body=body,
    )


def _default_branch(environ: Mapping[str, str]) -> str:
    name, kind = environ.get("GITHUB_REF_NAME", ""), environ.get("GITHUB_REF_TYPE", "branch")
    if not name or kind == "tag" or environ.get("GITHUB_EVENT_NAME") == "pull_request":
        fix = "start this workflow on a schedule, or by hand on the default branch"
        raise InvalidInput.one("GITHUB_REF_NAME", "is not the branch that the baseline belongs to", fix)
    return name


def _token(actions: ActionsEnvironment) -> str:
    if not actions.token:
        raise InvalidInput.one(TOKEN, "is not set", "pass  token:  to actions/baseline")
    return actions.token


def print_outcome(refreshed: RefreshOutcome) -> None:
    """Print what became of the baseline."""
    outcome = f"proposed in pull request {refreshed.pull}" if refreshed.pull else refreshed.why
    typer.echo(plain(outcome))
