"""What every telemetry answers to, and the one that says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from agent_runtime.records import RunStatus, Usage

Attribute = str | bool | int | float | Sequence[str] | None
"""What a span may carry. None is left out."""


class Span(Protocol):
    """One open span; ids are lower-case hex, None if nothing is recorded."""

    @property
    def span_id(self) -> str | None:
        """Sixteen hex digits."""
        ...

    @property
    def trace_id(self) -> str | None:
        """Thirty-two hex digits."""
        ...

    def set(self, **attributes: Attribute) -> None:
        """Add attributes: `span.set(**semconv.usage(usage))`."""
        ...

    def fail(self, reason: str) -> None:
        """Mark the span as an error; `reason` is one word of ours, never a model's or a user's text."""
        ...


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What is counted of a run that ended.

    Attributes:
        model: as in agent.yaml.
        success: None if nobody judged it.
    """

    agent: str
    model: str
    status: RunStatus
    success: bool | None
    latency_seconds: float
    usage: Usage
    cost_usd: float
    simulated: bool


class Telemetry(Protocol):
    """Spans and metrics of runs. Nothing here raises, and nothing here waits for the network but `close`.

    Attributes:
        content_allowed: True if redacted messages, arguments and results may go into spans. If it is False,
            attributes that hold content are dropped, whoever sets them.
    """

    @property
    def content_allowed(self) -> bool:
        """Whether content may go into spans."""
        ...

    def span(self, name: str, **attributes: Attribute) -> AbstractContextManager[Span]:
        """Open a span under the one that is open in this task. A raised error marks it by its type alone."""
        ...

    def run_finished(self, run: FinishedRun) -> None:
        """Count one finished run."""
        ...

    def close(self) -> None:
        """Send what is left, for three seconds at most."""
        ...


class _SilentSpan:
    span_id: str | None = None
    trace_id: str | None = None

    def set(self, **attributes: Attribute) -> None:
        pass

    def fail(self, reason: str) -> None:
        pass


class _Silent:
    content_allowed = False

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[Span]:
        yield _SilentSpan()

    def run_finished(self, run: FinishedRun) -> None:
        pass

    def close(self) -> None:
        pass


SILENT: Telemetry = _Silent()
"""Records nothing, and needs no OpenTelemetry."""
