"""What a check finds, and how the part of it reads that a test is about."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agentcrewops.checkup.checkup import check
from agentcrewops.checkup.files import CheckSubject
from agentcrewops.checkup.findings import Finding, Level


def found(subject: CheckSubject, *, offline: bool = False, **environ: str) -> Sequence[Finding]:
    """All that is found, in an environment of only these variables."""
    return asyncio.run(check(subject, environ, offline=offline)).findings


def of_level(level: Level, findings: Sequence[Finding]) -> str:
    """What and fix of the findings of one level, a line each."""
    return "\n".join(f"{finding.what} | {finding.fix}" for finding in findings if finding.level is level)
