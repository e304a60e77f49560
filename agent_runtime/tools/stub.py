"""A tool that touches nothing: it returns, or fails with, what a case says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_runtime.tools.interface import ToolResult
from agent_runtime.tools.outcome import failed, returned


@dataclass(frozen=True, slots=True)
class Fails:
    """In place of a value: the tool fails, for this reason."""

    reason: str


class StubTool:
    """Returns the same JSON value to every call, in no time; or fails each time."""

    def __init__(self, value: Any) -> None:
        self._result = failed(value.reason, 0.0) if isinstance(value, Fails) else returned(value)

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        """The canned outcome."""
        return self._result

    async def aclose(self) -> None:
        """Nothing to release."""
