"""One run in the real runtime: its loop, gate, approvals, egress, redaction, contract and spend caps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Price
from agent_runtime.agent.spec import AgentSpec
from agent_runtime.engine.runner import run_agent
from agent_runtime.guard.budget import MemoryLedger, cap_micros
from agent_runtime.records import MICROS
from security_pack.episodes.episode import Episode
from security_pack.sandbox.sandbox import (
    Sandbox,
    approved_beforehand,
    tools_by_name,
    with_payload_descriptions,
)
from security_pack.sandbox.stand_ins.approver import Grant
from security_pack.scenario.instances import CannotBuild, instance_of
from security_pack.scenario.scenario import Scenario
from security_pack.scenario.worst_case import Script, WorstCase, script_of

NO_CONTRACT_ANSWER = "Done."


async def run_guarded(manifest: Manifest, scenario: Scenario, subject: str = "") -> Episode:
    """What the runtime lets happen. Nothing outside is touched, and the same scenario gives the same episode.

    Args:
        subject: the attacked tool, to which no approval is given for the task's sake.

    Raises:
        CannotBuild: this agent's tools or contract take nothing that could be made up.
    """
    sandboxed = with_payload_descriptions(manifest, scenario)
    script = script_of(scenario, tools_by_name(sandboxed), answer_for(sandboxed))
    sandbox = Sandbox(sandboxed, scenario, _grants(sandboxed, scenario, script, subject))
    model = WorstCase(script, scenario, sandbox.egress.connect)
    spend = sandboxed.policy.spend
    ledger = MemoryLedger(cap_micros(spend.per_run_usd_max), cap_micros(spend.per_day_usd_max))
    deps = sandbox.deps(model, price_for(sandboxed.spec, scenario.bills_usd), ledger)
    return sandbox.episode(await run_agent(sandboxed, scenario.task, deps), model.requested_calls)


def answer_for(manifest: Manifest) -> str:
    """An answer that ends the task well: one that the contract accepts.

    Raises:
        CannotBuild: none was found.
    """
    if manifest.contract is None:
        return NO_CONTRACT_ANSWER
    try:
        return json.dumps(instance_of(manifest.contract), ensure_ascii=False)
    except CannotBuild:
        raise CannotBuild("no answer was found that the output contract accepts") from None


def price_for(spec: AgentSpec, usd_per_call: float) -> Price:
    """The price at which a model call, as long as it may be, costs `usd_per_call`."""
    per_token = Decimal(str(usd_per_call)) / spec.max_output_tokens
    return Price(input_per_mtok=Decimal(0), output_per_mtok=per_token * MICROS)


def _grants(manifest: Manifest, scenario: Scenario, script: Script, subject: str) -> Iterator[Grant]:
    """What the probe says was approved; and the task itself, since somebody asked for it."""
    yield from approved_beforehand(manifest, scenario)
    yield from (Grant(call) for call in script.task if call.name != subject)
