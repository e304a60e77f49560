"""Findings -> problems: what a person repairs. Forty probes that pass one missing approval are one problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from security_pack.catalog.probe import Control, Severity
from security_pack.findings.controls import is_tool_control
from security_pack.findings.findings import Finding, Location, Suppression

_TITLES: Mapping[Control, str] = {
    Control.TOOL_APPROVAL: "{subject} runs without asking anybody",
    Control.TOOL_ARGUMENTS: "{subject} takes arguments that it should refuse",
    Control.TOOL_DESCRIPTION: "What the model is told about {subject} can mislead it",
    Control.AGENT_LIMITS: "The agent may go on for too long",
    Control.AGENT_PROMPT: "The model follows orders that are not the user's",
    Control.POLICY_ALLOWLIST: "The agent may connect where it should not",
    Control.POLICY_REDACTION: "Personal data is kept or shown as it is",
    Control.POLICY_CONTRACT: "Unchecked text leaves as an answer",
    Control.POLICY_SPEND: "Nothing stops the agent from spending",
    Control.PRODUCT: "AgentCrewOps itself gives way",
}
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that one line lets happen.

    Attributes:
        findings: at least one; those that block first, then the severest.
        message: what a reader must know in one sentence.
        suppressed: if every finding is.
    """

    title: str
    location: Location
    severity: Severity
    blocking: bool
    message: str
    fix: str
    findings: tuple[Finding, ...]
    suppressed: Suppression | None

    @property
    def probed(self) -> tuple[Finding, ...]:
        """The findings that a probe made happen; the others are static."""
        return tuple(finding for finding in self.findings if finding.tier is not None)


def problems_of(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """The problems, in the order in which their first finding stands."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_cause(finding), []).append(finding)
    return tuple(_problem(group) for group in groups.values())


def _cause(finding: Finding) -> object:
    """Findings of the same cause are repaired by the same change."""
    hidden = finding.suppressed is not None
    if finding.control is None:
        return finding.location, finding.rule_id, finding.subject, hidden
    return (
        finding.location,
        finding.control,
        finding.subject if is_tool_control(finding.control) else "",
        hidden,
    )


def _problem(findings: list[Finding]) -> Problem:
    static = next((finding for finding in findings if finding.tier is None), None)
    first = static or findings[0]
    return Problem(
        title=_title(first),
        location=first.location,
        severity=max((finding.severity for finding in findings), key=_RANK.__getitem__),
        blocking=any(finding.blocking for finding in findings),
        message=first.message,
        fix=first.fix,
        findings=tuple(findings),
        suppressed=findings[0].suppressed,
    )


def _title(finding: Finding) -> str:
    if finding.control is None:
        return finding.title
    return _TITLES[finding.control].replace("{subject}", finding.subject or "A tool")
