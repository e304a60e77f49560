"""A tool that touches nothing: it returns what a case says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_runtime.tools.interface import ToolResult
from agent_runtime.tools.outcome import returned


class StubTool:
    """Returns the same JSON value to every call, in no time."""

    def __init__(self, value: Any) -> None:
        self._result = returned(value)

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        """The canned value."""
        return self._result

    async def aclose(self) -> None:
        """Nothing to release."""
