"""Whether telemetry is on, and where it goes: the standard OpenTelemetry variables, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """Full URLs of both signals (None is off), the service's name, and whether content may be sent."""

    traces: str | None
    metrics: str | None
    service_name: str
    content_allowed: bool


def destination(environ: Mapping[str, str]) -> Destination | None:
    """Where the environment wants telemetry sent; None if nowhere.

    The general endpoint gets the signal's path appended, a signal's own endpoint is taken as it is, as
    the OTLP exporter specification says (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). An empty
    variable counts as unset.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    traces, metrics = _endpoint(environ, "traces"), _endpoint(environ, "metrics")
    if traces is None and metrics is None:
        return None
    return Destination(
        traces,
        metrics,
        service_name=environ.get("OTEL_SERVICE_NAME") or "agentcrewops",
        # Exactly "1": content leaves the machine only where somebody meant it.
        content_allowed=environ.get("AGENTCREWOPS_TRACE_CONTENT") == "1",
    )


def _endpoint(environ: Mapping[str, str], signal: str) -> str | None:
    if environ.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip().lower() == "none":
        return None
    if own := environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT", "").strip():
        return own
    general = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    return f"{general.rstrip('/')}/v1/{signal}" if general else None
