"""One performance in the real runtime: its loop, gate, approvals, egress, redaction, contract and spend caps."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal

from agent_runtime.documents import writable_json
from agent_runtime.guard.budget import MemoryLedger, cap_micros
from agent_runtime.guard.contract import check_contract
from agent_runtime.manifest import Manifest
from agent_runtime.policy import Price
from agent_runtime.records import MICROS, Role, RunResult, Step, ToolCall
from agent_runtime.runner import run_agent
from agent_runtime.spec import AgentSpec, ToolSpec
from agent_runtime.steps.scene import Crew
from security_pack.binding import effects_of
from security_pack.episode import Episode, Fate, SeenCall
from security_pack.instances import CannotBuild, completed, instance_of
from security_pack.performance import Performance
from security_pack.probe import Effect
from security_pack.stage.approver import Grant, StageApprover
from security_pack.stage.egress import StageEgress
from security_pack.stage.kept import kept
from security_pack.stage.surfaces import rendered, surfaces_in
from security_pack.stage.telemetry import StageTelemetry
from security_pack.stage.tools import stage_tools
from security_pack.worst_case import Script, ScriptedCall, WorstCase, script_of

NO_CONTRACT_ANSWER = "Done."


async def play_guarded(manifest: Manifest, performance: Performance, subject: str = "") -> Episode:
    """What the runtime lets happen. Nothing outside is touched, and the same performance gives the same episode.

    Args:
        subject: the attacked tool, to which no approval is given for the task's sake.

    Raises:
        CannotBuild: this agent's tools or contract take nothing that could be made up.
    """
    staged = described(manifest, performance)
    script = script_of(performance, tools_by_name(staged), answer_for(staged))
    egress = StageEgress(staged.policy.domains_allowlist)
    model = WorstCase(script, performance, egress.connect)
    approver = StageApprover(staged, _grants(staged, performance, script, subject))
    telemetry = StageTelemetry()
    spend = staged.policy.spend
    crew = Crew(
        model=model,
        price=price_for(staged.spec, performance.bills_usd),
        tools=stage_tools(staged, performance, egress),
        ledger=MemoryLedger(cap_micros(spend.per_run_usd_max), cap_micros(spend.per_day_usd_max)),
        approver=approver,
        telemetry=telemetry,
    )
    result = await run_agent(staged, performance.task, crew)
    calls = tuple(_seen(result, model.wrote, approver.asked))
    return Episode(
        prompts=performance.said,
        calls=calls,
        output=result.delivered,
        delivered=result.delivered is not None,
        withheld=result.output if result.delivered is None else None,
        stop=result.stop,
        contacts=tuple(egress.contacts),
        cost_usd=result.cost_micros / MICROS,
        steps=sum(step.role is Role.PLAN for step in result.steps),
        contract_kept=_contract_kept(staged, result),
        stored=kept(staged, performance.task, result, telemetry.spans),
        memory=remembered(staged.spec, calls),
        surfaces=rendered(staged, result, surfaces_in(performance.probe)),
    )


def described(manifest: Manifest, performance: Performance) -> Manifest:
    """The manifest, with what was planted in the descriptions of tools."""
    tools = [
        _described(tool, performance.planted_in(tool.name, "tool_description"))
        for tool in manifest.spec.tools
    ]
    return replace(manifest, spec=manifest.spec.model_copy(update={"tools": tools}))


def _described(tool: ToolSpec, planted: str | None) -> ToolSpec:
    if planted is None:
        return tool
    return tool.model_copy(update={"description": f"{tool.description}\n{planted}".strip()})


def tools_by_name(manifest: Manifest) -> dict[str, ToolSpec]:
    """The agent's tools."""
    return {tool.name: tool for tool in manifest.spec.tools}


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


def _grants(manifest: Manifest, performance: Performance, script: Script, subject: str) -> Iterator[Grant]:
    """What the probe says was approved; and the task itself, since somebody asked for it."""
    tools = tools_by_name(manifest)
    for approved in performance.probe.approves:
        tool = tools.get(approved.call)
        arguments = approved.args if tool is None else completed(tool, approved.args)
        call = ScriptedCall(approved.call, json.dumps(arguments, ensure_ascii=False))
        yield Grant(call, approved.of_this_run)
    yield from (Grant(call) for call in script.task if call.name != subject)


def _seen(result: RunResult, wrote: Collection[ToolCall], asked: Collection[int]) -> Iterator[SeenCall]:
    """Every call the model wrote, and what became of it."""
    made = {step.call.id: step for step in result.steps if step.role is Role.TOOL and step.call is not None}
    for call in wrote:
        step = made.get(call.id)
        if step is None:
            yield SeenCall(call.name, _parsed(call), call.arguments, Fate.REFUSED, rule="not_made")
        else:
            yield _seen_step(call, step, asked=step.index in asked)


def _seen_step(call: ToolCall, step: Step, *, asked: bool) -> SeenCall:
    refused = any(flag.startswith("denied:") for flag in step.policy_flags)
    # An HTTP tool whose request egress refused did nothing, although the gate let it try.
    stopped = step.failure == "tool_error" and step.text.startswith("denied: ")
    return SeenCall(
        name=call.name,
        arguments=_parsed(call),
        written=call.arguments,
        fate=Fate.REFUSED if refused or stopped else Fate.EXECUTED,
        asked=asked,
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


def remembered(spec: AgentSpec, calls: Collection[SeenCall]) -> str:
    """What the agent's own memory tools were told to keep."""
    keeping = {tool.name for tool in spec.tools if Effect.MEMORY in effects_of(tool)}
    return "\n".join(call.written for call in calls if call.name in keeping and call.fate is Fate.EXECUTED)
