"""What every model answers to, and how it may fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent_runtime.errors import CrewError
from agent_runtime.records import Message, ToolCall, Usage


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """A tool as the model sees it. `name` is the name in agent.yaml; wire names are the adapter's business."""

    name: str
    description: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model call.

    Attributes:
        model: the name after the provider's colon.
        attempt: 0 for the first call of a plan step, then 1, 2, … for the loop's provider retries.
        timeout_seconds: what is left of the run's wall clock.
    """

    model: str
    messages: Sequence[Message]
    tools: Sequence[ToolOffer] = ()
    temperature: float = 0.0
    max_output_tokens: int = 1024
    seed: int = 0
    attempt: int = 0
    timeout_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class ModelReply:
    """One model answer: text, tool calls, or both.

    Attributes:
        latency_ms: measured, or virtual for a simulated model.
        response_id: the provider's id; a repeated one is evidence of a cache.
        cached: the provider's own word, None if it says nothing.
        usage_estimated: True if the provider counted nothing and `usage` is an upper bound of ours.
        system_fingerprint: the provider's name for the configuration that answered.
    """

    text: str
    tool_calls: tuple[ToolCall, ...]
    usage: Usage
    latency_ms: float
    finish_reason: str = "stop"
    model: str = ""
    response_id: str | None = None
    cached: bool | None = None
    usage_estimated: bool = False
    system_fingerprint: str | None = None


class ModelError(CrewError):
    """A model call gave no usable answer.

    Attributes:
        retryable: a later identical call may succeed (429, 5xx, timeout, broken connection).
        retry_after: seconds the provider asked to wait, None if it did not.
        latency_ms: time the failed call took, measured or virtual; with retries, all calls and waits.
        retry_count: calls repeated before giving up.
    """

    def __init__(
        self,
        reason: str,
        *,
        retryable: bool = True,
        retry_after: float | None = None,
        latency_ms: float = 0.0,
        kind: str = "unavailable",
        retry_count: int = 0,
    ) -> None:
        super().__init__(reason)
        self.retryable = retryable
        self.retry_after = retry_after
        self.latency_ms = latency_ms
        self.kind = kind
        """rate_limited | timeout | unavailable | rejected"""
        self.retry_count = retry_count


class Model(Protocol):
    """A model. `virtual_time` is True if its latencies are declared rather than measured, so nobody sleeps."""

    virtual_time: bool

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Answer once; no retries, no side effects.

        Raises:
            ModelError
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...
