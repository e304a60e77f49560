"""The article's spans and metrics, on OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping

from agent_runtime.telemetry.destination import destination
from agent_runtime.telemetry.interface import SILENT, Attribute, Span, Telemetry
from agent_runtime.telemetry.traceparent import TraceIds, new_trace

__all__ = ["SILENT", "Attribute", "Span", "Telemetry", "TraceIds", "new_trace", "open_telemetry"]


def open_telemetry(environ: Mapping[str, str]) -> Telemetry:
    """Telemetry to where the standard OpenTelemetry variables point; SILENT if they point nowhere.

    `environ` decides whether and where. Finer variables (headers, timeouts, certificates, sampling) are read
    from the process environment by the SDK itself.
    """
    where = destination(environ)
    if where is None:
        return SILENT
    from agent_runtime.telemetry.otlp import OtlpTelemetry  # the SDK takes a third of a second

    return OtlpTelemetry(where)
