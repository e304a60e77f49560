"""How a tool's outcome becomes text for the model: JSON, capped; or one line that says what went wrong."""

from __future__ import annotations

import json
import time
from typing import Any

from agent_runtime.tools.interface import ToolResult

LONGEST_RESULT = 200_000
LONGEST_REASON = 500


def returned(value: Any, latency_ms: float = 0.0) -> ToolResult:
    """The value as JSON; a value that JSON cannot say is a failure of the tool."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        what = "nests too deeply" if isinstance(error, RecursionError) else error
        return failed(f"the tool returned a value that is not JSON: {what}", latency_ms)
    return ToolResult(capped(text), latency_ms=latency_ms)


def failed(reason: str, latency_ms: float) -> ToolResult:
    """A failure, cut to a line the model can act on."""
    short = reason if len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 1] + "…"
    return ToolResult(_storable(short), ok=False, latency_ms=latency_ms)


def capped(text: str) -> str:
    """The text, with a mark where it was cut."""
    text = _storable(text)
    if len(text) <= LONGEST_RESULT:
        return text
    return f"{text[:LONGEST_RESULT]}… [cut: {len(text)} characters in all]"


def ms_since(start: float) -> float:
    """Milliseconds since `time.perf_counter()` was `start`."""
    return (time.perf_counter() - start) * 1000


def _storable(text: str) -> str:
    """Half a surrogate pair, which no file or database holds, becomes `?`."""
    return text.encode(errors="replace").decode()
