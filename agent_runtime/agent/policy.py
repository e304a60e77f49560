"""policy.yaml: what the agent may spend, say, reach and do."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator

from agent_runtime.agent.spec import FileModel

PiiKind = Literal["email", "phone", "card", "iban", "api_key"]
Usd = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]

_DOMAIN = re.compile(
    r"^(\*\.)?([a-z0-9_]([a-z0-9_\-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_\-]*[a-z0-9_])?$", re.IGNORECASE
)
_ORIGIN = re.compile(r"^https?://(\[[0-9a-f:.]+\]|[a-z0-9._\-]+)(:\d{1,5})?$", re.IGNORECASE)


class OutputContract(FileModel):
    """The form every final answer must have."""

    type: Literal["json"] = "json"
    schema_ref: str = Field(description="JSON Schema (2020-12) file, relative to policy.yaml")


class Spend(FileModel):
    """Caps in US dollars. A call whose worst case would pass a cap is not made."""

    per_run_usd_max: Usd | None = None
    per_day_usd_max: Usd | None = None


class Price(FileModel):
    """Price of one model in US dollars per million tokens."""

    input_per_mtok: Annotated[Decimal, Field(ge=0)]
    output_per_mtok: Annotated[Decimal, Field(ge=0)]


class ApprovalRule(FileModel):
    """Who must agree to a high-impact tool call, for how long an agreement holds, and what else needs one."""

    count: int = Field(default=1, ge=1, le=10)
    roles: list[str] = ["approve"]
    expires_minutes: int = Field(default=60, gt=0, le=10_080)
    tainted_destinations: Literal["ask", "allow"] = Field(
        default="ask",
        description="A recipient, account, address or URL that a tool result named and the user did not.",
    )


class Policy(FileModel):
    """The gatekeeper's rules. What is absent is not allowed (egress) or not limited (spend), and Guardian says so."""

    pii_redaction: list[PiiKind] = []
    output_contract: OutputContract | None = None
    spend: Spend = Spend()
    domains_allowlist: list[str] = []
    prices: dict[str, Price] = {}
    approvals: ApprovalRule = ApprovalRule()

    @field_validator("domains_allowlist")
    @classmethod
    def _entries_are_hosts_or_origins(cls, entries: list[str]) -> list[str]:
        for entry in entries:
            if entry != "*" and not _DOMAIN.match(entry) and not _ORIGIN.match(entry):
                raise ValueError(
                    f"'{entry}' is neither a host, *.host nor an origin"
                    " | write  api.example.com,  *.example.com  or  http://127.0.0.1:8080"
                )
        return entries


class PolicyFile(FileModel):
    """policy.yaml"""

    policy: Policy
