"""`agentcrewops doctor`, the old spelling of `check`: it prints the findings alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from agentcrewops.verbs.check import CheckedSuite, as_facts, print_findings, print_json, subject_of
from agentcrewops.verbs.options import AgentFile, Json, OutFolder, PolicyFile
from agentcrewops.verbs.panels import single


def doctor(
    suite: CheckedSuite = None,
    agent: AgentFile = None,
    policy: PolicyFile = None,
    out: OutFolder = Path("canary-out"),
    as_json: Json = False,
) -> None:
    """Look at everything a canary needs; the same as `agentcrewops check`.

    Exit codes: 0 nothing but advice · 1 a problem · 2 a file that cannot be used.
    """
    import asyncio

    from agentcrewops.checkup.checkup import check
    from agentcrewops.checkup.findings import exit_code

    findings = asyncio.run(check(subject_of(suite, agent, policy, out), os.environ)).findings
    if as_json:
        print_json(as_facts(findings))
    else:
        print_findings(findings)
    sys.exit(exit_code(findings))


app = single(doctor, hidden=True)
