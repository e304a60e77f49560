"""`agentcrewops run`"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import (
    Json,
    ModelName,
    PolicyFile,
    Quiet,
    RecordFile,
    ReplayFile,
    ReplayOrRecordFile,
    recording_of,
)
from agentcrewops.verbs.panels import single


def run(
    text: Annotated[str, typer.Argument(help="What to ask the agent; - reads it from stdin.")],
    agent: Annotated[Path, typer.Option("--agent", help="agent.yaml")] = Path("agent.yaml"),
    policy: PolicyFile = None,
    model: ModelName = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", help="Repeats a simulated run; default: a new one each time, 0 with a recording."
        ),
    ] = None,
    record: RecordFile = None,
    replay: ReplayFile = None,
    replay_or_record: ReplayOrRecordFile = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the agent once, for real: its tools are called, and high-impact ones ask you first.

    The answer goes to stdout, the steps to stderr. Rows and redacted artifacts are kept in .agentcrewops/ beside
    agent.yaml.

    Example:  agentcrewops run "please refund $15 for order #123"

    Exit codes: 0 the run succeeded · 1 it did not · 2 bad input.
    """
    import asyncio

    from agentcrewops.caller import command_line
    from agentcrewops.runs.single_run import SingleRun, run_single

    task = sys.stdin.read() if text == "-" else text
    recording = recording_of(record, replay, replay_or_record)
    single_run = SingleRun(task, agent, policy, model, seed, recording)
    succeeded = asyncio.run(run_single(single_run, os.environ, command_line(quiet=quiet), as_json=as_json))
    sys.exit(0 if succeeded else 1)


app = single(run)
