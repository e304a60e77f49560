"""`agentcrewops check`"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentcrewops.verbs.options import AgentFile, Json, OutFolder, PolicyFile
from agentcrewops.verbs.panels import single

if TYPE_CHECKING:
    from agentcrewops.checkup.files import CheckSubject
    from agentcrewops.checkup.findings import Finding

CheckedSuite = Annotated[
    Path | None,
    typer.Option(
        "--suite",
        metavar="FILE",
        help="suite.yaml to look at, and the agent it names; default: the one here, if there.",
    ),
]
Explain = Annotated[
    bool,
    typer.Option("--explain", help="Also every setting and where it comes from, graders and tool stubs."),
]


def check(
    suite: CheckedSuite = None,
    agent: AgentFile = None,
    policy: PolicyFile = None,
    out: OutFolder = Path("canary-out"),
    offline: Annotated[
        bool, typer.Option("--offline", help="Connect to nothing, and look for no key: only the files.")
    ] = False,
    explain: Explain = False,
    as_json: Json = False,
) -> None:
    """Would it run here? Looks at files, keys (never shown), prices, endpoints and policy; nothing is run.

    Each problem is printed with file, line and fix. Only the declared endpoints are connected to.

    \b
    Examples:
      agentcrewops check
      agentcrewops check --offline --explain --suite suite.yaml

    Exit codes: 0 nothing but advice · 1 a problem · 2 a file that cannot be used.
    """
    import asyncio

    from agentcrewops.checkup.checkup import check as checked
    from agentcrewops.checkup.explanation import explain as explained_by
    from agentcrewops.checkup.findings import exit_code

    found = asyncio.run(checked(subject_of(suite, agent, policy, out), os.environ, offline=offline))
    explained = explained_by(found.files) if explain and found.files is not None else None
    if as_json:
        facts = {"facts": dict(found.facts), "findings": as_facts(found.findings)}
        print_json(facts | ({"explained": explained} if explained is not None else {}))
    else:
        print_findings(found.findings)
        typer.echo()
        print_facts(found.facts, explained)
    sys.exit(exit_code(found.findings))


def subject_of(suite: Path | None, agent: Path | None, policy: Path | None, out: Path) -> CheckSubject:
    """What was named; else what is in this folder."""
    from agentcrewops.checkup.files import CheckSubject

    if suite is None and agent is None:
        suite, agent = _in_working_folder("suite.yaml"), _in_working_folder("agent.yaml")
        agent = agent if suite is None else None
    return CheckSubject(suite, agent, policy, out)


def _in_working_folder(name: str) -> Path | None:
    return Path(name) if Path(name).exists() else None


def as_facts(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """The findings as JSON says them."""
    return [{"level": found.level, "what": found.what, "fix": found.fix} for found in findings]


def print_json(value: object) -> None:
    """Write the value on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_findings(findings: Sequence[Finding]) -> None:
    """Write one line for each, and its fix below it."""
    from agentcrewops.terminal import printable

    for found in findings:
        typer.echo(printable(f"{found.level:8} {found.what}"))
        if found.fix:
            typer.echo(printable(f"{'':8} fix: {found.fix}"))


def print_facts(facts: Mapping[str, Any], explained: Mapping[str, Any] | None) -> None:
    """Write the facts, and where every setting comes from."""
    from agentcrewops.checkup.explanation import lines_of
    from agentcrewops.terminal import printable

    for name, value in facts.items():
        typer.echo(printable(f"{name:12} {value}"))
    for line in lines_of(explained) if explained is not None else ():
        typer.echo(printable(line))


app = single(check)
