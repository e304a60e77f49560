"""Telemetry in the sandbox: keeps every span, with its content, as an operator who allowed it would get it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agent_runtime.telemetry.interface import Attribute, FinishedRun, Span


class SandboxTelemetry:
    """Remembers what spans carry.

    Attributes:
        spans: name and attributes of each, in the order they were opened.
    """

    content_allowed = True

    def __init__(self) -> None:
        self.spans: list[tuple[str, dict[str, Attribute]]] = []

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[Span]:
        """Open a span."""
        recorded = dict(attributes)
        self.spans.append((name, recorded))
        yield _SandboxSpan(recorded)

    def run_finished(self, run: FinishedRun) -> None:
        """Metrics hold no text."""

    def close(self) -> None:
        """Nothing to send."""


class _SandboxSpan:
    span_id: str | None = None
    trace_id: str | None = None

    def __init__(self, attributes: dict[str, Attribute]) -> None:
        self._attributes = attributes

    def set(self, **attributes: Attribute) -> None:
        self._attributes.update(attributes)

    def fail(self, reason: str) -> None:
        self._attributes["error.type"] = reason
