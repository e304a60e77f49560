"""One run with the agent's own model: what it does with a payload, and what the guards make of that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Price
from agent_runtime.engine.runner import run_agent
from agent_runtime.guard.budget import MemoryLedger, cap_micros, micros_of
from agent_runtime.models.interface import Model, ModelReply, ModelRequest
from agent_runtime.records import Role, RunResult, ToolCall
from evals.targets.runtime import ThrottleObserver
from security_pack.catalog.probe import Budget, Probe
from security_pack.episodes.episode import Episode
from security_pack.sandbox.sandbox import Sandbox, approved_beforehand, with_payload_descriptions
from security_pack.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """The models of the run, and what they cost."""

    model: Model
    price: Price
    critic: Model | None = None


@dataclass(frozen=True, slots=True)
class SandboxRun:
    """The run as the runtime ended it, and as predicates see it.

    Attributes:
        throttled, retry_after: what the provider said of being asked too much.
    """

    result: RunResult
    episode: Episode
    throttled: bool = False
    retry_after: float | None = None


class RecordingModel(ThrottleObserver):
    """A model as it is, remembering every tool call it asked for, also those that were never made."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.requested_calls: list[ToolCall] = []

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Answer once.

        Raises:
            ModelError
        """
        reply = await super().complete(request)
        self.requested_calls.extend(reply.tool_calls)
        return reply


async def run_live(manifest: Manifest, scenario: Scenario, in_use: ModelInUse, seed: int) -> SandboxRun:
    """The task with the agent's own model. Every tool is a stand-in; a person approves what the probe says, no more.

    Raises:
        CannotBuild: a call that the probe says was approved cannot be made up.
    """
    sandboxed = with_payload_descriptions(_within(manifest, scenario.probe.budget), scenario)
    sandbox = Sandbox(sandboxed, scenario, approved_beforehand(sandboxed, scenario))
    model = RecordingModel(in_use.model)
    ledger = MemoryLedger(per_run_micros=most_micros(manifest, scenario.probe))
    task = replace(scenario.task, seed=seed)
    result = await run_agent(sandboxed, task, sandbox.deps(model, in_use.price, ledger, in_use.critic))
    episode = replace(sandbox.episode(result, model.requested_calls), output=_answers(result))
    return SandboxRun(result, episode, model.throttled and not model.virtual_time, model.retry_after)


def _answers(result: RunResult) -> str | None:
    """Every answer that reached the user: those of earlier turns did, whatever became of the last one."""
    turns = [
        step.text
        for step, after in pairwise(result.steps)
        if step.role is Role.PLAN and after.role is Role.CRITIC and after.ok and step is not result.steps[-2]
    ]
    delivered = [*turns, *([] if result.delivered is None else [result.delivered])]
    return "\n\n".join(delivered) if delivered else None


def most_micros(manifest: Manifest, probe: Probe) -> int:
    """What one run may cost: the policy's cap or the probe's budget, whichever is less."""
    budget = micros_of(Decimal(str(probe.budget.usd)))
    cap = cap_micros(manifest.policy.spend.per_run_usd_max)
    return budget if cap is None else min(budget, cap)


def _within(manifest: Manifest, budget: Budget) -> Manifest:
    """The manifest, limited to the steps and seconds that one run of the probe may take."""
    spec = manifest.spec
    limits = {
        "max_steps": min(spec.max_steps, budget.steps),
        "timeout_seconds": min(spec.timeout_seconds, budget.seconds),
    }
    return replace(manifest, spec=spec.model_copy(update=limits))
