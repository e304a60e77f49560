"""The static checks by name: what each is called, how bad it is, and which setting it is about."""

from __future__ import annotations

from dataclasses import dataclass

from security_pack.catalog.probe import Control, Severity, TaxonomyIds
from security_pack.findings.findings import Finding, Location

INFORMING = frozenset({"static/instructing-description"})
"""Rules that read prose. Text patterns miss most attacks and cry wolf: whatever their severity, they never block."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One static check's name and standing."""

    name: str
    title: str
    control: Control | None
    severity: Severity
    maps: TaxonomyIds

    def finding(
        self, subject: str, message: str, fix: str, location: Location, severity: Severity | None = None
    ) -> Finding:
        """A finding of this rule."""
        return Finding(
            rule_id=f"static/{self.name}",
            title=self.title,
            severity=severity or self.severity,
            message=message,
            fix=fix,
            location=location,
            subject=subject,
            control=self.control,
            maps=self.maps,
        )


UNAPPROVED = Rule(
    "unapproved-write",
    "A tool changes the world without asking anybody",
    Control.TOOL_APPROVAL,
    Severity.HIGH,
    TaxonomyIds(owasp_llm=["LLM06"], owasp_asi=["ASI02"], cwe=[862]),
)
WILDCARD = Rule(
    "wildcard-host",
    "The agent may connect anywhere",
    Control.POLICY_ALLOWLIST,
    Severity.HIGH,
    TaxonomyIds(owasp_llm=["LLM02"], owasp_asi=["ASI02"], cwe=[183]),
)
NO_CAP = Rule(
    "no-spend-cap",
    "Nothing limits what the agent spends",
    Control.POLICY_SPEND,
    Severity.HIGH,
    TaxonomyIds(owasp_llm=["LLM10"], cwe=[770]),
)
NO_REDACTION = Rule(
    "no-redaction",
    "Personal data is kept and shown as it is",
    Control.POLICY_REDACTION,
    Severity.HIGH,
    TaxonomyIds(owasp_llm=["LLM02"], cwe=[532]),
)
NO_CONTRACT = Rule(
    "no-contract",
    "Any text counts as an answer",
    Control.POLICY_CONTRACT,
    Severity.MEDIUM,
    TaxonomyIds(owasp_llm=["LLM05"], cwe=[20]),
)
SECRET = Rule(
    "secret-in-file",
    "A secret stands in a file of the agent",
    None,
    Severity.HIGH,
    TaxonomyIds(owasp_llm=["LLM02", "LLM07"], cwe=[798]),
)
UNSEEN = Rule(
    "invisible-text",
    "The model reads characters that no reviewer sees",
    None,
    Severity.HIGH,
    TaxonomyIds(owasp_llm=["LLM01"], owasp_asi=["ASI01"], cwe=[1007]),
)
INSTRUCTS = Rule(
    "instructing-description",
    "A tool's description gives the model orders",
    Control.TOOL_DESCRIPTION,
    Severity.MEDIUM,
    TaxonomyIds(owasp_llm=["LLM01", "LLM03"], owasp_asi=["ASI04"], cwe=[1427]),
)
NO_ARGUMENTS = Rule(
    "no-argument-schema",
    "A tool declares no arguments",
    Control.TOOL_ARGUMENTS,
    Severity.LOW,
    TaxonomyIds(cwe=[20]),
)
OPEN_ARGUMENTS = Rule(
    "open-arguments",
    "A tool takes arguments that nobody declared",
    Control.TOOL_ARGUMENTS,
    Severity.MEDIUM,
    TaxonomyIds(owasp_llm=["LLM06"], owasp_asi=["ASI02"], cwe=[20, 915]),
)
PLAIN_HTTP = Rule(
    "plain-http",
    "A connection is not encrypted",
    None,
    Severity.MEDIUM,
    TaxonomyIds(owasp_llm=["LLM02"], cwe=[319]),
)
UNPINNED = Rule(
    "unpinned-mcp",
    "An MCP server may change what it tells the model",
    Control.TOOL_DESCRIPTION,
    Severity.MEDIUM,
    TaxonomyIds(owasp_llm=["LLM03"], owasp_asi=["ASI04"], cwe=[494]),
)
