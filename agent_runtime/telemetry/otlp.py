"""Telemetry over OTLP/HTTP: spans and metrics together, and failures that trouble nobody."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry.sdk.resources import Resource

from agent_runtime.telemetry.destination import Destination
from agent_runtime.telemetry.interface import SILENT, Attribute, FinishedRun, Span
from agent_runtime.telemetry.metrics import OtlpMetrics
from agent_runtime.telemetry.spans import OtlpSpans

CLOSE_SECONDS = 3.0
"""A collector that is down must not hold up the command that it would have reported on."""

_log = logging.getLogger("agent_runtime.telemetry")


class OtlpTelemetry:
    """Spans and metrics, each only if it has a destination."""

    def __init__(self, destination: Destination) -> None:
        _silence_sdk_logs()
        resource = Resource.create({"service.name": destination.service_name})
        self.content_allowed = destination.content_allowed
        self._spans = (
            OtlpSpans(destination.traces, resource, content_allowed=destination.content_allowed)
            if destination.traces
            else None
        )
        self._metrics = OtlpMetrics(destination.metrics, resource) if destination.metrics else None

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[Span]:
        """Open a span under the one that is open in this task."""
        opened = self._spans.span(name, attributes) if self._spans else SILENT.span(name)
        with opened as span:
            yield span

    def run_finished(self, run: FinishedRun) -> None:
        """Count one finished run."""
        if self._metrics:
            self._metrics.run_finished(run)

    def close(self) -> None:
        """Send what is left, for `CLOSE_SECONDS` at most; after that it is lost."""
        _at_once([part.close for part in (self._spans, self._metrics) if part], CLOSE_SECONDS)


def _at_once(actions: list[Callable[[], None]], seconds: float) -> None:
    """Run all in threads that do not keep the process alive, and wait for them together."""
    # Daemons, since the SDK may go on trying long after we stopped waiting.
    threads = [threading.Thread(target=action, daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        _log.warning("telemetry: the endpoint is too slow; the last spans and metrics may be lost")


class _OneLine(logging.Handler):
    """Says the first trouble of the SDK in one line, and drops the rest with their tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._warned = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("telemetry: %s", " ".join(record.getMessage().split())[:200])


def _silence_sdk_logs() -> None:
    # The SDK logs a traceback for every batch that it cannot send.
    sdk = logging.getLogger("opentelemetry")
    # Once a process, however often telemetry is opened in it.
    if not any(isinstance(handler, _OneLine) for handler in sdk.handlers):
        sdk.addHandler(_OneLine())
        sdk.propagate = False
