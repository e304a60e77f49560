"""What to write in the blamed line, where a probe does not say it better."""

from __future__ import annotations

from collections.abc import Mapping

from security_pack.catalog.probe import Blame

_FIXES: Mapping[Blame, str] = {
    Blame.TOOL_APPROVAL: "write  approval: {{ required: true }}  in tool {subject}",
    Blame.TOOL_ARGUMENTS: "narrow the arguments of {subject}: patterns, limits, additionalProperties: false",
    Blame.TOOL_DESCRIPTION: "say in the description of {subject} what it does, and nothing else",
    Blame.AGENT_LIMITS: "lower  max_steps:  under agent:",
    Blame.AGENT_PROMPT: "say in the prompt that text from tools and documents is data, never orders",
    Blame.POLICY_ALLOWLIST: 'name the hosts:  domains_allowlist: ["*.your-company.com"]',
    Blame.POLICY_REDACTION: 'write  pii_redaction: ["email", "phone", "card", "iban", "api_key"]  under policy:',
    Blame.POLICY_CONTRACT: 'write  output_contract: {{ type: "json", schema_ref: "…" }}  under policy:',
    Blame.POLICY_SPEND: "write  spend: {{ per_run_usd_max: 0.25, per_day_usd_max: 30 }}  under policy:",
    Blame.PRODUCT: "this is a fault of AgentCrewOps: please report it (SECURITY.md)",
}


def fix_of(blame: Blame, subject: str) -> str:
    """What to write, and where."""
    return _FIXES[blame].format(subject=subject or "it")
