"""A scripted crew: models that say what they are told to, tools that remember, a person with an answer ready."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Policy, Price
from agent_runtime.agent.spec import AgentSpec
from agent_runtime.engine.runner import run_agent
from agent_runtime.engine.steps.context import ApprovalRequest, Deps, StepContext
from agent_runtime.guard.budget import Ledger, MemoryLedger
from agent_runtime.models.interface import Model, ModelError, ModelReply, ModelRequest
from agent_runtime.records import Message, RunResult, Step, Task, ToolCall, Usage
from agent_runtime.telemetry.interface import SILENT
from agent_runtime.tools.interface import ToolResult

PRICE = Price(input_per_mtok=Decimal(1), output_per_mtok=Decimal(2))
CONTRACT = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
SEARCH: dict[str, Any] = {
    "name": "kb.search",
    "allow": ["read"],
    "arguments": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
}
REFUND: dict[str, Any] = {
    "name": "billing.refund",
    "allow": ["create"],
    "approval": {"required": True},
    "arguments": {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]},
}


def manifest_of(*, contract: Mapping[str, Any] | None = None, **spec: Any) -> Manifest:
    """An agent with both tools; `spec` overrides keys of agent.yaml."""
    written = {"name": "triage", "model": "openai:gpt-4.1-mini", "tools": [SEARCH, REFUND], **spec}
    return Manifest(AgentSpec.model_validate(written), Policy(), Path(), "Be careful.", contract)


def task_of(text: str = "hello", *turns: str) -> Task:
    return Task("run-1", (Message("user", text),), turns)


def says(text: str, latency_ms: float = 100) -> ModelReply:
    return ModelReply(text, (), Usage(10, 5), latency_ms)


def calls(name: str, arguments: str, call_id: str = "c1") -> ModelReply:
    return ModelReply("", (ToolCall(call_id, name, arguments),), Usage(10, 5), 100)


@dataclass
class ScriptedModel:
    """Gives one reply after the other, and keeps what it was asked."""

    script: Sequence[ModelReply | ModelError]
    virtual_time: bool = True
    asked: list[ModelRequest] = field(default_factory=list)

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.asked.append(request)
        answer = self.script[len(self.asked) - 1]
        if isinstance(answer, ModelError):
            raise answer
        return answer

    async def aclose(self) -> None:
        pass


@dataclass
class RecordingTool:
    """Remembers its calls and gives the same result each time."""

    result: ToolResult = field(default_factory=lambda: ToolResult('{"status": "ok"}'))
    made: list[Mapping[str, Any]] = field(default_factory=list)

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        self.made.append(arguments)
        return self.result

    async def aclose(self) -> None:
        pass


@dataclass
class Person:
    """Answers every approval request alike, and keeps them."""

    answer: bool | None
    asked: list[ApprovalRequest] = field(default_factory=list)

    async def __call__(self, request: ApprovalRequest) -> bool | None:
        self.asked.append(request)
        return self.answer


def crew_of(
    *script: ModelReply | ModelError,
    search: RecordingTool | None = None,
    refund: RecordingTool | None = None,
    approver: Person | None = None,
    ledger: Ledger | None = None,
    critic: Model | None = None,
) -> Deps:
    return Deps(
        model=ScriptedModel(script),
        price=PRICE,
        tools={"kb.search": search or RecordingTool(), "billing.refund": refund or RecordingTool()},
        ledger=ledger or MemoryLedger(),
        approver=approver or Person(False),
        telemetry=SILENT,
        critic=critic,
    )


def before(*steps: Step, deps: Deps | None = None, task: Task | None = None, **agent: Any) -> StepContext:
    """Where the step after these happens; `agent` overrides keys of agent.yaml."""
    return StepContext(manifest_of(**agent), task or task_of(), steps, deps or crew_of())


def finish(deps: Deps, manifest: Manifest | None = None, *turns: str) -> RunResult:
    """A whole run."""
    return asyncio.run(run_agent(manifest or manifest_of(), task_of("hello", *turns), deps))
