"""policy.yaml's shape."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from agent_runtime.agent.policy import Policy, PolicyFile


def test_the_article_s_policy_loads_unchanged() -> None:
    policy = PolicyFile.model_validate(
        {
            "policy": {
                "pii_redaction": ["email", "phone"],
                "output_contract": {"type": "json", "schema_ref": "schemas/triage.json"},
                "spend": {"per_run_usd_max": 0.25, "per_day_usd_max": 30},
                "domains_allowlist": ["*.your-company.com"],
            }
        }
    ).policy
    assert policy.spend.per_run_usd_max == Decimal("0.25")
    assert policy.approvals.count == 1


def test_a_tainted_destination_asks_unless_the_policy_allows_it() -> None:
    assert Policy().approvals.tainted_destinations == "ask"
    with pytest.raises(ValidationError, match="tainted_destinations"):
        Policy.model_validate({"approvals": {"tainted_destinations": "never"}})


def test_an_empty_policy_allows_no_host_and_caps_nothing() -> None:
    policy = Policy()
    assert policy.domains_allowlist == []
    assert policy.spend.per_run_usd_max is None


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        "api.example.com",
        "*.example.com",
        "localhost",
        "http://127.0.0.1:8080",
        "https://llm.internal",
        "http://[::1]:8080",
    ],
)
def test_an_allow_list_entry_is_a_host_its_subdomains_or_an_origin(entry: str) -> None:
    assert Policy(domains_allowlist=[entry]).domains_allowlist == [entry]


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*.",
        "**.example.com",
        "a.*.com",
        "https://example.com/path",
        "https://*.example.com",
        "user@example.com",
        "example.com:443",
        "ftp://example.com",
        "exa mple.com",
        "example.com.",
        "-a.com",
        "http://",
    ],
)
def test_any_other_entry_is_refused(entry: str) -> None:
    with pytest.raises(ValidationError):
        Policy(domains_allowlist=[entry])


@pytest.mark.parametrize(
    "change",
    [
        {"spend": {"per_run_usd_max": -1}},
        {"spend": {"per_run_usd_max": "NaN"}},
        {"spend": {"per_run_usd_max": 0.0000001}},
        {"pii_redaction": ["name"]},
        {"output_contract": {"type": "xml", "schema_ref": "x"}},
        {"prices": {"m": {"input_per_mtok": 1}}},
        {"prices": {"m": {"input_per_mtok": "Infinity", "output_per_mtok": 1}}},
        {"approvals": {"count": 0}},
        {"domain_allowlist": []},
    ],
)
def test_what_cannot_be_enforced_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(change)
