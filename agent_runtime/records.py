"""What happened: Run, Step and what they are made of. Frozen, plain, and safe to hand to any room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MICROS = 1_000_000
"""Micro-dollars in a dollar. Money inside the house is whole micro-dollars; dollars only at its edges."""
RECORDED = "recorded:"
"""Before a model's name where its answers came from a recording."""


class RunStatus(StrEnum):
    """Where a run stands. The first two are not over."""

    RUNNING = "running"
    WAITING_APPROVAL = "waiting_approval"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CONTRACT_FAILED = "contract_failed"
    OVER_BUDGET = "over_budget"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


class Role(StrEnum):
    """Which part of the loop a step was."""

    PLAN = "plan"
    TOOL = "tool"
    CRITIC = "critic"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more model calls."""

    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def total(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model asked for; `arguments` is the text it wrote, unparsed and untrusted."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, in the OpenAI shape: system | user | assistant | tool."""

    role: str
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What a run is asked to do.

    Attributes:
        messages: the conversation so far, ending with a user message.
        turns: scripted user messages that follow, one after each answer.
        seed: makes a simulated run reproducible; passed on to models that take one.
    """

    run_id: str
    messages: tuple[Message, ...]
    turns: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded step. The first eight fields are the published row; the rest is what the next step needs.

    Attributes:
        latency_ms: measured, or virtual for a simulated model or a stub.
        retry_count: repeats inside this step (provider retries), not retry steps.
        policy_flags: what the gatekeeper noted, such as `denied:unknown_tool` or `contract:violation`.
        text: the model's words, the tool's result, or the critic's or retry's feedback.
        ok: False if this step went wrong (denied, tool error, contract violated, model unavailable).
        failure: why `ok` is False, as one word of `loop.Stop` or a gate rule; None if ok.
    """

    run_id: str
    index: int
    role: Role
    tool: str | None = None
    latency_ms: float = 0.0
    retry_count: int = 0
    policy_flags: tuple[str, ...] = ()
    span_id: str | None = None
    text: str = ""
    ok: bool = True
    failure: str | None = None
    calls: tuple[ToolCall, ...] = ()
    call: ToolCall | None = None
    usage: Usage = Usage()
    cost_micros: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one agent. The first nine fields are the published row. Times are ISO 8601 in UTC.

    Attributes:
        stop: why it ended, one of `loop.Stop`; None while it has not.
        simulated: True if no real model answered.
    """

    run_id: str
    agent_name: str
    start_ts: str
    end_ts: str | None
    status: RunStatus
    tokens: int
    cost_usd: float
    manifest_fingerprint: str
    artifact_uri: str | None = None
    stop: str | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished (or paused) run: how it ended, what it said, and every step.

    Attributes:
        stop: why it ended, one of `loop.Stop`.
        output: the final text, good or not; None if there was none.
    """

    run_id: str
    status: RunStatus
    stop: str
    output: str | None
    steps: tuple[Step, ...] = ()

    @property
    def delivered(self) -> str | None:
        """The answer as whoever asked may have it: none of a run that failed, such as by its contract."""
        return self.output if self.status is RunStatus.SUCCEEDED else None

    @property
    def usage(self) -> Usage:
        """Tokens of all steps."""
        return sum((step.usage for step in self.steps), Usage())

    @property
    def cost_micros(self) -> int:
        """Cost of all steps."""
        return sum(step.cost_micros for step in self.steps)

    @property
    def latency_ms(self) -> float:
        """Time of all steps; they never overlap."""
        return sum(step.latency_ms for step in self.steps)


class Outcome(StrEnum):
    """What the gatekeeper decided."""

    ALLOW = "allow"
    DENY = "deny"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Decision:
    """A gatekeeper's answer, with the rule that gave it and a reason a model and a person can read."""

    outcome: Outcome
    rule: str
    reason: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
