"""Our own runtime as the agent under test: the real loop and guards, with stubs where the world would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from agent_runtime.agent.manifest import Manifest
from agent_runtime.engine.loop import Stop
from agent_runtime.engine.runner import run_agent
from agent_runtime.engine.steps.context import ApprovalRequest, Deps
from agent_runtime.errors import Problem
from agent_runtime.files.documents import strict_json
from agent_runtime.guard.budget import MemoryLedger, cap_micros
from agent_runtime.models import open_models
from agent_runtime.models.interface import Model, ModelError, ModelReply, ModelRequest
from agent_runtime.models.prices import price_of
from agent_runtime.records import MICROS, Role, RunResult, Step, Task
from agent_runtime.telemetry.interface import Telemetry
from agent_runtime.tools import connected_tools
from agent_runtime.tools.interface import Tool
from agent_runtime.tools.stub import StubTool
from evals.results.records import Attempt, Event, ObservedCall, SampleStatus
from evals.suite.suite import EvalCase

STATUS_OF_STOP: Mapping[Stop, SampleStatus] = {
    Stop.ANSWERED: SampleStatus.COMPLETED,
    Stop.CRITIC: SampleStatus.COMPLETED,
    Stop.TIMEOUT: SampleStatus.AGENT_TIMEOUT,
    Stop.CONTRACT: SampleStatus.CONTRACT_VIOLATION,
    Stop.EMPTY_ANSWER: SampleStatus.CONTRACT_VIOLATION,
    Stop.MAX_STEPS: SampleStatus.CAP_HIT,
    Stop.IDENTICAL_CALLS: SampleStatus.CAP_HIT,
    Stop.SPEND_RUN: SampleStatus.CAP_HIT,
    Stop.SPEND_DAY: SampleStatus.CAP_HIT,
    Stop.MODEL_UNAVAILABLE: SampleStatus.INFRA_ERROR,
    Stop.MODEL_REJECTED: SampleStatus.INFRA_ERROR,
    Stop.CANCELLED: SampleStatus.INFRA_ERROR,
    Stop.WAITING_APPROVAL: SampleStatus.CAP_HIT,
}


def unstubbed_tools(manifest: Manifest, cases: Sequence[EvalCase]) -> list[Problem]:
    """Every (case, tool) that an eval could not run without touching the world, or at all."""
    problems = []
    for tool in manifest.spec.tools:
        if tool.eval is not None or (tool.read_only and tool.implementation is not None):
            continue
        missing = next((case for case in cases if tool.name not in case.stubs), None)
        if missing is None:
            continue
        may = "has no implementation" if tool.read_only else f"may {', '.join(tool.allow)}"
        what = (
            f"case '{missing.case_id}': tool '{tool.name}' {may}, and an eval has nothing to run in its place"
        )
        fix = f'add  eval: {{ python: "file.py:stub" }}  to the tool, or  stubs: {{ "{tool.name}": … }}  to the case'
        problems.append(Problem(missing.file, missing.line, what, fix))
    return problems


@dataclass(frozen=True, slots=True)
class CaseApprover:
    """Answers as the case says; what it does not name is denied."""

    case: EvalCase

    async def __call__(self, request: ApprovalRequest) -> bool:
        """Grant only what the case grants by name."""
        return self.case.approvals.get(request.tool) == "grant"


class ThrottleObserver:
    """A model that also records whether its provider refused a request as one too many."""

    def __init__(self, model: Model) -> None:
        self.virtual_time = model.virtual_time
        self.throttled = False
        self.retry_after: float | None = None
        self._model = model

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Answer once.

        Raises:
            ModelError
        """
        try:
            return await self._model.complete(request)
        except ModelError as error:
            if error.kind == "rate_limited":
                self.throttled, self.retry_after = True, error.retry_after
            raise

    async def aclose(self) -> None:
        """Leave the model open: it answers other runs."""


class RuntimeAgent:
    """The agent of agent.yaml under policy.yaml, one fresh run per attempt."""

    def __init__(self, manifest: Manifest, telemetry: Telemetry, environ: Mapping[str, str]) -> None:
        self.simulated = manifest.simulated
        self.fingerprint: str | None = manifest.fingerprint
        self.agent: str | None = manifest.spec.name
        self.model: str | None = manifest.model_label
        self._manifest = manifest
        self._telemetry = telemetry
        self._environ = environ
        self._price = price_of(manifest)
        cap = manifest.policy.spend.per_run_usd_max
        self.worst_case_usd = float(cap) if cap is not None else None
        self._stack = AsyncExitStack()
        self._model: Model
        self._critic: Model | None = None
        self._tools: Mapping[str, Tool] = {}

    async def __aenter__(self) -> Self:
        self._stack.callback(self._telemetry.close)
        self._model, self._critic = await self._stack.enter_async_context(
            open_models(self._manifest, self._environ)
        )
        self._tools = await self._stack.enter_async_context(
            connected_tools(self._manifest, self._environ, evals=True)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """Run the agent once; graders see the raw output, and the caller redacts what it stores."""
        task = Task(f"{case.case_id}.{sample_index}", case.messages, case.turns, seed)
        stubs = {name: StubTool(value) for name, value in case.stubs.items()}
        model = ThrottleObserver(self._model)
        deps = Deps(
            model=model,
            price=self._price,
            tools={**self._tools, **stubs},
            ledger=MemoryLedger(per_run_micros=cap_micros(self._manifest.policy.spend.per_run_usd_max)),
            approver=CaseApprover(case),
            telemetry=self._telemetry,
            critic=self._critic,
        )
        attempt = attempt_of(await run_agent(self._manifest, task, deps))
        if not model.throttled or model.virtual_time:
            return attempt
        return replace(attempt, throttled=True, retry_after=model.retry_after)


def attempt_of(result: RunResult) -> Attempt:
    """A finished run as the graders and the report see it."""
    stop = Stop(result.stop)
    status = STATUS_OF_STOP[stop]
    return Attempt(
        status=status,
        output=result.output,
        latency_ms=round(result.latency_ms, 3),
        tokens=result.usage.total,
        cost_usd=result.cost_micros / MICROS,
        tool_calls=tuple(_observed(step) for step in result.steps if step.role is Role.TOOL),
        transcript=tuple(_event(step) for step in result.steps),
        error=None if stop is Stop.ANSWERED else _stop_reason(stop, result),
        retryable=stop is not Stop.MODEL_REJECTED,
    )


def _stop_reason(stop: Stop, result: RunResult) -> str:
    last = next((step.text for step in reversed(result.steps) if not step.ok and step.text), "")
    return f"{stop}: {last}"[:500] if last else str(stop)


def _observed(step: Step) -> ObservedCall:
    call = step.call
    return ObservedCall(step.tool or "", _parsed(call.arguments if call else ""), executed=not _refused(step))


def _refused(step: Step) -> bool:
    return any(flag.startswith("denied:") or flag == "approval:pending" for flag in step.policy_flags)


def _parsed(arguments: str) -> Mapping[str, Any]:
    try:
        value = strict_json(arguments)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _event(step: Step) -> Event:
    answered = step.role is Role.PLAN and step.ok and not step.calls
    requested_calls = "".join(f"→ {call.name}({call.arguments})\n" for call in step.calls)
    return Event(
        role="answer" if answered else step.role.value,
        text=f"{step.text}\n{requested_calls}".strip() if requested_calls else step.text,
        tool=step.tool,
        arguments=step.call.arguments if step.call else None,
        flags=step.policy_flags,
        latency_ms=round(step.latency_ms, 3),
        cost_usd=step.cost_micros / MICROS if step.role is Role.PLAN else None,
        tokens=step.usage.total or None,
    )
