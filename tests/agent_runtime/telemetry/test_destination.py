"""Which environment turns telemetry on, and where it then goes."""

from __future__ import annotations

import pytest

from agent_runtime.telemetry.destination import Destination, destination

BASE = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
METRICS = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {BASE: ""},
        {BASE: "http://c:4318", "OTEL_SDK_DISABLED": "True"},
        {BASE: "http://c:4318", "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
        {"OTEL_SERVICE_NAME": "x"},
    ],
)
def test_telemetry_is_off(environ: dict[str, str]) -> None:
    assert destination(environ) is None


@pytest.mark.parametrize(
    ("environ", "traces", "metrics"),
    [
        ({BASE: "http://c:4318"}, "http://c:4318/v1/traces", "http://c:4318/v1/metrics"),
        ({BASE: "http://c:4318/otlp/"}, "http://c:4318/otlp/v1/traces", "http://c:4318/otlp/v1/metrics"),
        ({TRACES: "http://c/t"}, "http://c/t", None),
        ({METRICS: "http://c/m"}, None, "http://c/m"),
        ({BASE: "http://c", TRACES: "http://d/t"}, "http://d/t", "http://c/v1/metrics"),
        ({BASE: "http://c", "OTEL_METRICS_EXPORTER": "none"}, "http://c/v1/traces", None),
        ({BASE: "http://c", "OTEL_SDK_DISABLED": "false"}, "http://c/v1/traces", "http://c/v1/metrics"),
    ],
)
def test_each_signal_goes_to_its_endpoint(
    environ: dict[str, str], traces: str | None, metrics: str | None
) -> None:
    where = destination(environ)
    assert where is not None
    assert (where.traces, where.metrics) == (traces, metrics)


def test_the_service_is_named_agentcrewops_unless_the_environment_says_otherwise() -> None:
    assert destination({TRACES: "u"}) == Destination("u", None, "agentcrewops", content_allowed=False)
    named = destination({TRACES: "u", "OTEL_SERVICE_NAME": "shop"})
    assert named is not None
    assert named.service_name == "shop"


@pytest.mark.parametrize(("value", "allowed"), [("1", True), ("0", False), ("true", False), ("", False)])
def test_content_is_allowed_by_one_exact_word(value: str, allowed: bool) -> None:
    where = destination({TRACES: "u", "AGENTCREWOPS_TRACE_CONTENT": value})
    assert where is not None
    assert where.content_allowed is allowed
