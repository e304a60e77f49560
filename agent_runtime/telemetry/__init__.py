"""The article's spans and metrics, on OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping

from agent_runtime.errors import InvalidInput
from agent_runtime.telemetry.destination import destination
from agent_runtime.telemetry.interface import SILENT, Attribute, FinishedRun, Span, Telemetry
from agent_runtime.telemetry.traceparent import TraceIds, new_trace

__all__ = [
    "SILENT",
    "Attribute",
    "FinishedRun",
    "Span",
    "Telemetry",
    "TraceIds",
    "new_trace",
    "open_telemetry",
]


def open_telemetry(environ: Mapping[str, str]) -> Telemetry:
    """Telemetry to where the standard OpenTelemetry variables point; SILENT if they point nowhere.

    `environ` decides whether and where. Finer variables (headers, timeouts, certificates, sampling) are read
    from the process environment by the SDK itself.

    Raises:
        InvalidInput: the SDK cannot make sense of one of those.
    """
    where = destination(environ)
    if where is None:
        return SILENT
    from agent_runtime.telemetry.otlp import OtlpTelemetry  # the SDK takes a third of a second

    try:
        return OtlpTelemetry(where)
    except ValueError as error:
        what = " ".join(str(error).split())
        raise InvalidInput.one("the OTEL_ variables", what, "correct it, or unset it") from None
