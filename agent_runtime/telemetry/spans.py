"""Spans over OTLP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import StatusCode

from agent_runtime import __version__
from agent_runtime.telemetry import semconv
from agent_runtime.telemetry.interface import Attribute, Span

Sendable = str | bool | int | float | tuple[str, ...]

_LONGEST = 8_192
"""Characters of one attribute: enough to recognize a text by; the transcript has the whole."""


class OtlpSpans:
    """Spans sent in batches, by a thread of the SDK, to `endpoint` (the full URL, with /v1/traces)."""

    def __init__(self, endpoint: str, resource: Resource, *, content_allowed: bool) -> None:
        # Never the global provider: a program that we run in has its own.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer("agentcrewops", __version__)
        self._content_allowed = content_allowed

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Attribute]) -> Iterator[Span]:
        """Open a span under the one that is open in this task.

        The SDK would write a raised error's message and traceback into the span, and those quote content.
        """
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as opened:
            span = _OtlpSpan(opened, content_allowed=self._content_allowed)
            span.set(**attributes)
            try:
                yield span
            except BaseException as error:
                span.fail(type(error).__name__)
                raise

    def close(self) -> None:
        """Send what is left. May block as long as the endpoint does."""
        self._provider.shutdown()


class _OtlpSpan:
    def __init__(self, span: trace.Span, *, content_allowed: bool) -> None:
        self._span = span
        self._content_allowed = content_allowed

    @property
    def span_id(self) -> str:
        return trace.format_span_id(self._span.get_span_context().span_id)

    @property
    def trace_id(self) -> str:
        return trace.format_trace_id(self._span.get_span_context().trace_id)

    def set(self, **attributes: Attribute) -> None:
        self._span.set_attributes(sendable(attributes, content_allowed=self._content_allowed))

    def fail(self, reason: str) -> None:
        self._span.set_status(StatusCode.ERROR, _text(reason))
        self._span.set_attribute(semconv.ERROR_TYPE, _text(reason))


def sendable(attributes: Mapping[str, Attribute], *, content_allowed: bool) -> dict[str, Sendable]:
    """The attributes that may leave: no None, no content unless allowed, no text that protobuf refuses.

    One lone surrogate in a tool's name would cost the whole batch of spans.
    """
    return {
        name: _value(value)
        for name, value in attributes.items()
        if value is not None and (content_allowed or name not in semconv.CONTENT)
    }


def _value(value: str | bool | int | float | object) -> Sendable:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool | int | float):
        return value
    return tuple(_text(part) for part in value)  # type: ignore[attr-defined]


def _text(text: str) -> str:
    return text[:_LONGEST].encode("utf-8", "replace").decode()
