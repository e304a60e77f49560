"""The four published metrics over OTLP.

Names must come out of Prometheus exactly as published, whether it reads OTLP itself or through a collector.
Prometheus appends `_total` to a counter and the unit to any metric unless the name ends so already: hence the
instruments have the full names, the latency's unit is the `seconds` of its name, and the counters' units are
annotations in braces, which are never appended
(https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/). An instrument named `agent_tokens`
beside `agent_tokens_total` would collide with it.
"""

from __future__ import annotations

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from agent_runtime import __version__
from agent_runtime.telemetry import semconv
from agent_runtime.telemetry.interface import FinishedRun
from agent_runtime.telemetry.spans import sendable

# Base units and `_total`, as Prometheus asks: https://prometheus.io/docs/practices/naming/
SUCCESS = "agent_task_success_total"
LATENCY = "agent_task_latency_seconds"
TOKENS = "agent_tokens_total"
COST = "agent_cost_usd_total"

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds. The SDK's own begin at 5 and end at 10,000: made for milliseconds.

https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation
"""


class OtlpMetrics:
    """Metrics sent once a minute, and on closing, to `endpoint` (the full URL, with /v1/metrics)."""

    def __init__(self, endpoint: str, resource: Resource) -> None:
        self._provider = MeterProvider(
            [PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=endpoint))],
            resource=resource,
            views=[View(instrument_name=LATENCY, aggregation=ExplicitBucketHistogramAggregation(BUCKETS))],
            # We close it ourselves, with a limit; the SDK would wait at exit for a collector that is down.
            shutdown_on_exit=False,
        )
        meter = self._provider.get_meter("agentcrewops", __version__)
        self._success = meter.create_counter(SUCCESS, "{task}", "Tasks that succeeded.")
        self._latency = meter.create_histogram(LATENCY, "s", "Time from the start of a task to its end.")
        self._tokens = meter.create_counter(TOKENS, "{token}", "Tokens of model calls.")
        self._cost = meter.create_counter(COST, "{usd}", "What model calls cost, in US dollars.")

    def run_finished(self, run: FinishedRun) -> None:
        """Count one finished run. A failed one adds zero successes, so that its series exists for rates."""
        labels = semconv.measured(agent=run.agent, model=run.model, simulated=run.simulated)
        common = sendable(labels, content_allowed=False)
        if run.success is not None:
            self._success.add(int(run.success), common)
        ended = sendable(labels | semconv.ended(run.status), content_allowed=False)
        self._latency.record(run.latency_seconds, ended)
        for kind, count in (("input", run.usage.input_tokens), ("output", run.usage.output_tokens)):
            self._tokens.add(count, sendable(labels | semconv.token_type(kind), content_allowed=False))
        self._cost.add(run.cost_usd, common)

    def close(self) -> None:
        """Send what is left. May block as long as the endpoint does."""
        self._provider.shutdown()
