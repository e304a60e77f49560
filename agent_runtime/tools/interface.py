"""What every tool answers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What one call of a tool gave.

    Attributes:
        text: what the model reads: JSON of the returned value, or the error.
        ok: False if the tool failed; the run goes on and the model may repair its call.
        latency_ms: measured; 0 for a stub.
    """

    text: str
    ok: bool = True
    latency_ms: float = 0.0


class Tool(Protocol):
    """A tool ready to be called with arguments that already passed the gate."""

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        """Do it once. A failure of the tool is a ToolResult, never an exception."""
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class NeedsStart(Protocol):
    """A tool that needs something running before its first call."""

    async def start(self) -> None:
        """Start it, or find that it cannot be.

        Raises:
            InvalidInput
        """
        ...
