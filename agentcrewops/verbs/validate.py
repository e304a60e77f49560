"""`agentcrewops validate`, the old spelling of `check --offline`: it prints facts alone, and problems on stderr."""

from __future__ import annotations

import os
from pathlib import Path

from agentcrewops.verbs.check import CheckedSuite, Explain, print_facts, print_json
from agentcrewops.verbs.options import AgentFile, Json, PolicyFile
from agentcrewops.verbs.panels import single


def validate(
    suite: CheckedSuite = None,
    agent: AgentFile = None,
    policy: PolicyFile = None,
    explain: Explain = False,
    as_json: Json = False,
) -> None:
    """Check the files without running anything; the same as `agentcrewops check --offline`.

    Exit codes: 0 every file can be used · 2 one cannot.
    """
    from agentcrewops.checkup.explanation import explain as explained_by
    from agentcrewops.checkup.facts import facts_of, pin_advice
    from agentcrewops.checkup.files import CheckSubject, read_files

    if suite is None and agent is None:
        suite = Path("suite.yaml") if Path("suite.yaml").exists() else None
        agent = Path("agent.yaml") if suite is None else None
    files = read_files(CheckSubject(suite, agent, policy), os.environ)
    facts = facts_of(files)
    if (advice := pin_advice(files)) is not None:
        facts["advice"] = advice
    explained = explained_by(files) if explain else None
    if as_json:
        print_json(facts | ({"explained": explained} if explained is not None else {}))
    else:
        print_facts(facts, explained)


app = single(validate, hidden=True)
