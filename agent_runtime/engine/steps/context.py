"""Where a step happens: the agent, its task, what was done so far, and who works on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Price
from agent_runtime.guard.budget import Ledger
from agent_runtime.guard.taint import Sources
from agent_runtime.models.interface import Model
from agent_runtime.records import Role, Step, Task
from agent_runtime.telemetry.interface import Telemetry
from agent_runtime.tools.interface import Tool


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A call that needs a person's word.

    Attributes:
        shown: its arguments, canonical, control characters escaped.
        binding: what an approval of it is bound to: `gate.approval_hash`.
        reason: why it is asked for.
    """

    run_id: str
    step: int
    tool: str
    arguments: Mapping[str, Any]
    shown: str
    binding: str = ""
    reason: str = ""


class Approver(Protocol):
    """Answers approval requests: True granted, False denied, None not yet (the run pauses)."""

    async def __call__(self, request: ApprovalRequest) -> bool | None:
        """Decide about this call, and about no other."""
        ...


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything a run works with, wired once by whoever starts it."""

    model: Model
    price: Price
    tools: Mapping[str, Tool]
    ledger: Ledger
    approver: Approver
    telemetry: Telemetry
    critic: Model | None = None
    critic_price: Price | None = None


@dataclass(frozen=True, slots=True)
class StepContext:
    """Where a step happens: what runs, what was done so far, and who works on it."""

    manifest: Manifest
    task: Task
    steps: Sequence[Step]
    deps: Deps

    def blank(self, role: Role, span_id: str | None) -> Step:
        """The next step, still empty."""
        return Step(self.task.run_id, len(self.steps), role, span_id=span_id)

    @property
    def sources(self) -> Sources:
        """What was said and read so far. A refusal is our own text, though it may quote the model."""
        said = (message.content for message in self.task.messages if message.role in {"user", "system"})
        read = (step.text for step in self.steps if step.role is Role.TOOL and _came_from_the_tool(step))
        return Sources((self.manifest.prompt, *said, *self.task.turns), tuple(read))

    @property
    def seconds_left(self) -> float:
        """What is left of the run's wall clock; at least a millisecond, since the loop checks it first."""
        spent = sum(step.latency_ms for step in self.steps) / 1000
        return max(self.manifest.spec.timeout_seconds - spent, 0.001)


def _came_from_the_tool(step: Step) -> bool:
    return step.ok or step.failure == "tool_error"
