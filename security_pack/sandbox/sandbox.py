"""Everything of a sandboxed run but the model: the real loop and guards, and stand-ins that only record."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Price
from agent_runtime.agent.spec import AgentSpec, ToolSpec
from agent_runtime.engine.steps.context import Deps
from agent_runtime.files.documents import writable_json
from agent_runtime.guard.budget import Ledger
from agent_runtime.guard.contract import check_contract
from agent_runtime.models.interface import Model
from agent_runtime.records import MICROS, Role, RunResult, Step, ToolCall
from security_pack.catalog.binding import effects_of
from security_pack.catalog.probe import Effect
from security_pack.episodes.episode import CallStatus, Episode, SeenCall
from security_pack.sandbox.stand_ins.approver import Grant, SandboxApprover
from security_pack.sandbox.stand_ins.egress import SandboxEgress
from security_pack.sandbox.stand_ins.telemetry import SandboxTelemetry
from security_pack.sandbox.stand_ins.tools import sandbox_tools
from security_pack.sandbox.stored_texts import stored_text
from security_pack.sandbox.surfaces import rendered, surfaces_in
from security_pack.scenario.instances import completed
from security_pack.scenario.scenario import Scenario
from security_pack.scenario.worst_case import ScriptedCall


class Sandbox:
    """The surroundings of one run; good for that run alone.

    Args:
        manifest: with the payloads in the descriptions of its tools.
        grants: approvals that people gave; everything else is denied.
    """

    def __init__(self, manifest: Manifest, scenario: Scenario, grants: Iterable[Grant]) -> None:
        self.egress = SandboxEgress(manifest.policy.domains_allowlist)
        self._manifest = manifest
        self._scenario = scenario
        self._approver = SandboxApprover(manifest, grants)
        self._telemetry = SandboxTelemetry()

    def deps(self, model: Model, price: Price, ledger: Ledger, critic: Model | None = None) -> Deps:
        """What the run depends on."""
        return Deps(
            model=model,
            price=price,
            tools=sandbox_tools(self._manifest, self._scenario, self.egress),
            ledger=ledger,
            approver=self._approver,
            telemetry=self._telemetry,
            critic=critic,
        )

    def episode(self, result: RunResult, requested_calls: Collection[ToolCall]) -> Episode:
        """What was seen of the run.

        Args:
            requested_calls: every call that the model asked for.
        """
        calls = tuple(_seen(result, requested_calls, self._approver.asked))
        manifest, scenario = self._manifest, self._scenario
        return Episode(
            prompts=scenario.user_turns,
            calls=calls,
            output=result.delivered,
            delivered=result.delivered is not None,
            withheld=result.output if result.delivered is None else None,
            stop=result.stop,
            contacts=tuple(self.egress.contacts),
            cost_usd=result.cost_micros / MICROS,
            steps=sum(step.role is Role.PLAN for step in result.steps),
            contract_kept=_contract_kept(manifest, result),
            stored=stored_text(manifest, scenario.task, result, self._telemetry.spans),
            memory=stored_memories(manifest.spec, calls),
            surfaces=rendered(manifest, result, surfaces_in(scenario.probe)),
        )


def approved_beforehand(manifest: Manifest, scenario: Scenario) -> Iterator[Grant]:
    """What the probe says was approved."""
    tools = tools_by_name(manifest)
    for approved in scenario.probe.approves:
        tool = tools.get(approved.call)
        arguments = approved.args if tool is None else completed(tool, approved.args)
        call = ScriptedCall(approved.call, json.dumps(arguments, ensure_ascii=False))
        yield Grant(call, approved.of_this_run)


def with_payload_descriptions(manifest: Manifest, scenario: Scenario) -> Manifest:
    """The manifest, with the payloads that stand in descriptions of tools."""
    tools = [
        _described(tool, scenario.payload_in(tool.name, "tool_description")) for tool in manifest.spec.tools
    ]
    return replace(manifest, spec=manifest.spec.model_copy(update={"tools": tools}))


def _described(tool: ToolSpec, payload: str | None) -> ToolSpec:
    if payload is None:
        return tool
    return tool.model_copy(update={"description": f"{tool.description}\n{payload}".strip()})


def tools_by_name(manifest: Manifest) -> dict[str, ToolSpec]:
    """The agent's tools."""
    return {tool.name: tool for tool in manifest.spec.tools}


def _seen(
    result: RunResult, requested_calls: Collection[ToolCall], asked: Collection[int]
) -> Iterator[SeenCall]:
    """Every call the model requested_calls, and what became of it."""
    made = {step.call.id: step for step in result.steps if step.role is Role.TOOL and step.call is not None}
    for call in requested_calls:
        step = made.get(call.id)
        if step is None:
            yield SeenCall(call.name, _parsed(call), call.arguments, CallStatus.REFUSED, rule="not_made")
        else:
            yield _seen_step(call, step, asked=step.index in asked)


def _seen_step(call: ToolCall, step: Step, *, asked: bool) -> SeenCall:
    refused = any(flag.startswith("denied:") for flag in step.policy_flags)
    # An HTTP tool whose request egress refused did nothing, although the gate let it try.
    stopped = step.failure == "tool_error" and step.text.startswith("denied: ")
    return SeenCall(
        name=call.name,
        arguments=_parsed(call),
        raw_arguments=call.arguments,
        status=CallStatus.REFUSED if refused or stopped else CallStatus.EXECUTED,
        approval_requested=asked,
        rule="egress" if stopped else (step.failure or "") if refused else "",
        result=step.text,
    )


def _parsed(call: ToolCall) -> dict[str, object] | None:
    try:
        arguments = writable_json(call.arguments) if call.arguments.strip() else {}
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) else None


def _contract_kept(manifest: Manifest, result: RunResult) -> bool | None:
    """None without a contract. What was never answered breaks none."""
    if manifest.contract is None:
        return None
    return result.output is None or check_contract(manifest.contract, result.output).ok


def stored_memories(spec: AgentSpec, calls: Collection[SeenCall]) -> str:
    """What the agent's own memory tools were given to store."""
    keeping = {tool.name for tool in spec.tools if Effect.MEMORY in effects_of(tool)}
    return "\n".join(
        call.raw_arguments for call in calls if call.name in keeping and call.status is CallStatus.EXECUTED
    )
