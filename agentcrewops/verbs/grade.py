"""`agentcrewops canary grade`"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.options import AgentFile, BaselineFile, Json, OutFolder, PolicyFile, Strict, SuiteFile
from agentcrewops.verbs.panels import single


def grade(
    results: Annotated[Path, typer.Argument(help="A canary folder or its samples.jsonl.")],
    suite: SuiteFile = Path("suite.yaml"),
    agent: AgentFile = None,
    policy: PolicyFile = None,
    baseline: BaselineFile = None,
    out: OutFolder = Path("grade-out"),
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Judge saved samples again by the suite as it is now; the agent is not called.

    For a changed success, grader or rubric. A case whose input changed was never run, so it is left out and named.
    Writes the same five files as a canary.

    Example:  agentcrewops canary grade canary-out --suite suite.yaml

    Exit codes: 0 pass or undecided · 1 drift or below a floor · 2 bad input · 3 could not measure.
    """
    import asyncio

    from agentcrewops.outcome.canary import announce, exit_code
    from agentcrewops.outcome.folder import render_canary
    from evals.canary.preparation import CanaryOptions
    from evals.canary.regrading import regrade

    options = CanaryOptions(suite=suite, agent=agent, policy=policy, baseline=baseline, out=out)
    found = asyncio.run(regrade(results, options, os.environ))
    render_canary(out, found)
    announce(found.verdict, out, as_json=as_json)
    sys.exit(exit_code(found.verdict, strict=strict))


app = single(grade)
