"""The agent that nobody guards: every probe finds a hold in it, and nothing stops what it does."""

from __future__ import annotations

from typing import get_args

from agent_runtime.agent.policy import PiiKind
from security_pack.catalog.binding import effects_of
from security_pack.catalog.probe import Effect
from security_pack.guardian.reference_agent import reference_agent


def test_the_reference_agent_plays_every_role_with_every_argument() -> None:
    tools = reference_agent().spec.tools
    assert set().union(*map(effects_of, tools)) == set(Effect)


def test_each_tool_plays_one_role_that_no_other_plays() -> None:
    roles = [effects_of(tool) - {Effect.WRITE} for tool in reference_agent().spec.tools]
    assert sorted(len(role) for role in roles) == [0, 1, 1, 1, 1, 1]


def test_nobody_is_asked_and_every_host_may_be_reached() -> None:
    manifest = reference_agent()
    assert not [tool.name for tool in manifest.spec.tools if tool.approval is not None]
    assert manifest.policy.domains_allowlist == ["*"]
    assert manifest.policy.spend.per_run_usd_max is None


def test_probes_that_need_a_contract_or_redaction_have_both() -> None:
    manifest = reference_agent()
    assert manifest.contract is not None
    assert set(manifest.policy.pii_redaction) == set(get_args(PiiKind))
