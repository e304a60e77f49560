"""`agentcrewops case add`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import PolicyFile, SuiteFile
from agentcrewops.verbs.panels import add, group

app = group("Cases of a suite: make one of a stored run.")


@app.callback()
def _group() -> None:
    """Keep `add` a command of its own, though it is the only one."""


def add_case(
    run_id: Annotated[str, typer.Argument(help="The run, as  agentcrewops run --json  names it.")],
    suite: SuiteFile = Path("suite.yaml"),
    success: Annotated[
        str | None,
        typer.Option(
            "--success", help="What a right answer is; default: only the output contract is asked for."
        ),
    ] = None,
    case_id: Annotated[
        str | None, typer.Option("--case-id", help="Default: run_ and the start of its id.")
    ] = None,
    must_pass: Annotated[
        bool, typer.Option("--must-pass", help="Mark the case: it counts as broken by a single failed run.")
    ] = False,
    agent: Annotated[Path, typer.Option("--agent", help="agent.yaml of the run.")] = Path("agent.yaml"),
    policy: PolicyFile = None,
) -> None:
    """Append a stored run to the suite as a case: its input, what was approved, what its tools returned.

    Comments and order of the suite stay. What is right is never taken from the run, which may have failed.

    Example:  agentcrewops case add 3f2a9c41 --success "action == 'escalate'" --must-pass

    Exit codes: 0 added · 2 bad input.
    """
    from agent_runtime.files.yaml_text import one_line
    from agentcrewops.runs.case_of_run import CaseRequest, case_of_run
    from agentcrewops.terminal import printable

    added = case_of_run(CaseRequest(run_id, suite, agent, policy, case_id, success, must_pass))
    record = added.record
    typer.echo(
        f"added case {printable(added.case_id)} to {added.file}, from a run that {record.status} ({record.stop})"
    )
    for key, value in added.keys.items():
        typer.echo(f"  {key}: {one_line(value)}")
    for note in added.notes:
        typer.echo(f"  ! {printable(note)}")
    typer.echo(f"next:  agentcrewops canary --suite {suite}")


add(app, "add", add_case)
