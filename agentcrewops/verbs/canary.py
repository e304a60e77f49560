"""`agentcrewops canary`"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.errors import InvalidInput
from agentcrewops.verbs.options import (
    COMPARE,
    GO_ON,
    HOW_MANY,
    OUTPUT,
    SPEND,
    AgentFile,
    BaselineFile,
    GateFrom,
    Json,
    ModelName,
    OutFolder,
    PolicyFile,
    Quiet,
    RecordFile,
    ReplayFile,
    ReplayOrRecordFile,
    RequireBaseline,
    Seed,
    Strict,
    SuiteFile,
    recording_of,
)
from agentcrewops.verbs.panels import PanelGroup, default, runs_below

if TYPE_CHECKING:
    from evals.canary.preparation import CanaryOptions
    from evals.sampling.journal import Start

_OUT = Path("canary-out")
_ONCE = "once"


def canary(
    ctx: typer.Context,
    suite: SuiteFile = Path("suite.yaml"),
    agent: AgentFile = None,
    policy: PolicyFile = None,
    model: ModelName = None,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples",
            "-n",
            metavar="N",
            min=1,
            help="Runs per case; default: the suite's, else 10.",
            rich_help_panel=HOW_MANY,
        ),
    ] = None,
    baseline: BaselineFile = None,
    gate_from: GateFrom = None,
    out: OutFolder = _OUT,
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency",
            "-c",
            metavar="N",
            min=1,
            max=2000,
            help="Runs at the same time; default 50.",
            rich_help_panel=HOW_MANY,
        ),
    ] = None,
    seed: Seed = 0,
    max_usd: Annotated[
        float | None,
        typer.Option(
            "--max-usd",
            metavar="USD",
            min=0,
            help="Stop before more than this is spent; default: the suite's.",
            rich_help_panel=SPEND,
        ),
    ] = None,
    looks: Annotated[
        str | None,
        typer.Option(
            "--looks",
            metavar="N,…",
            help="Runs per case at which the gate looks and may stop; default 3,5,7,10. once: make all runs and judge "
            "at the end.",
            rich_help_panel=HOW_MANY,
        ),
    ] = None,
    fixed: Annotated[bool, typer.Option("--fixed", hidden=True, help="The same as --looks once.")] = False,
    max_samples: Annotated[
        int | None,
        typer.Option(
            "--max-samples",
            metavar="N",
            min=1,
            help="While undecided, go on to this many runs per case; in CI (CI=true) the default is 30.",
            rich_help_panel=GO_ON,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on where a canary into --out stopped; repeat nothing it measured.",
            rich_help_panel=GO_ON,
        ),
    ] = False,
    add_to: Annotated[
        Path | None,
        typer.Option(
            "--add-to",
            metavar="DIR",
            help="Add runs to the evidence in this folder, up to the next look.",
            rich_help_panel=GO_ON,
        ),
    ] = None,
    record: RecordFile = None,
    replay: ReplayFile = None,
    replay_or_record: ReplayOrRecordFile = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            help="Make only this part of the runs, as in 2/4, for `canary merge` to judge.",
            rich_help_panel=HOW_MANY,
        ),
    ] = None,
    history: Annotated[
        list[Path] | None,
        typer.Option(
            "--history",
            metavar="DIR",
            help="Folder with earlier results: the report then shows the trend.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    confirm: Annotated[
        bool | None,
        typer.Option(
            "--confirm/--no-confirm",
            help="Measure a drift again, against a fresh baseline in the same hour; default: in CI (CI=true).",
            rich_help_panel=COMPARE,
        ),
    ] = None,
    require_baseline: RequireBaseline = False,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run every case N times, compare with a baseline, and say: drift, pass or undecided.

    Stops early once the runs so far decide. Writes report.html, verdict.json, summary.md, junit.xml and
    samples.jsonl into --out. Ctrl-C, a kill or a full disk keep what is done: --resume goes on.

    \b
    Examples:
      agentcrewops canary --suite suite.yaml
      agentcrewops canary --suite suite.yaml --agent agent.proposed.yaml --max-usd 2

    Exit codes: 0 pass or undecided · 1 drift or below a floor · 2 bad input · 3 could not measure.
    """
    if runs_below(ctx):
        return
    import asyncio

    from agentcrewops.caller import command_line
    from agentcrewops.outcome.canary import announce, exit_code
    from agentcrewops.outcome.folder import findings_in, render_canary
    from evals.canary.canary import run_canary
    from evals.canary.preparation import CanaryOptions

    start, out = _start(resume, add_to, out)
    options = CanaryOptions(
        suite=suite,
        agent=agent,
        policy=policy,
        model=model,
        samples=samples,
        baseline=baseline,
        out=out,
        concurrency=concurrency,
        seed=seed,
        max_usd=max_usd,
        start=start,
        looks=None if looks == _ONCE else _looks(looks),
        fixed=fixed or looks == _ONCE,
        max_samples=max_samples,
        history=tuple(history or ()),
        recording=recording_of(record, replay, replay_or_record),
        confirm=confirm,
        gate_from=gate_from,
    )
    # Guardian's findings will be a part of the report: what is wrong with them is told before anything runs.
    findings_in(out)
    if shard is not None:
        _run_shard(options, shard, as_json=as_json, quiet=quiet)
        return
    found = asyncio.run(run_canary(options, os.environ, command_line(quiet=quiet)))
    render_canary(out, found)
    announce(found.verdict, out, as_json=as_json)
    sys.exit(exit_code(found.verdict, strict=strict, require_baseline=require_baseline))


def _run_shard(options: CanaryOptions, written: str, *, as_json: bool, quiet: bool) -> None:
    """One shard: runs and no verdict, so exit 0, or 3 if this shard must be run again."""
    import asyncio

    from agentcrewops.caller import command_line
    from agentcrewops.outcome.canary import announce_shard
    from evals.canary.sharding import run_shard
    from evals.sampling.shards import parse_shard

    done = asyncio.run(run_shard(options, parse_shard(written), os.environ, command_line(quiet=quiet)))
    announce_shard(done, options.out, as_json=as_json)
    sys.exit(3 if done.trouble else 0)


def _start(resume: bool, add_to: Path | None, out: Path) -> tuple[Start, Path]:
    """How the canary begins, and in which folder."""
    from evals.sampling.journal import Start

    if add_to is None:
        return (Start.RESUME if resume else Start.AFRESH), out
    # The default cannot be told from an --out that names it, so both are let through.
    if resume or out not in {_OUT, add_to}:
        flag = "--resume" if resume else "--out"
        raise InvalidInput.one(
            "--add-to", f"contradicts {flag}", f"leave {flag} out: --add-to names the folder"
        )
    return Start.ADD, add_to


def _looks(written: str | None) -> tuple[int, ...] | None:
    """`3,5,7,10` as numbers."""
    if written is None:
        return None
    parts = [part.strip() for part in written.split(",")]
    # Six digits at most: far above any plan, and int() takes time for thousands of them.
    if not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in parts):
        raise InvalidInput.one(
            "--looks", f"'{written}' is not a list of runs per case", "write it like  3,5,7,10  or  once"
        )
    return tuple(int(part) for part in parts)


class CanaryCommands(PanelGroup):
    """What is done with runs besides making them."""

    modules = {
        "merge": "merge",
        "grade": "grade",
        "report": "report",
        "trend": "trend",
        "import": "import_results",
    }


app = default(canary, CanaryCommands)
