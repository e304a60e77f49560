"""Spans and metrics, as a collector receives them."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from agent_runtime.errors import InvalidInput
from agent_runtime.records import RunStatus, Usage
from agent_runtime.telemetry import SILENT, FinishedRun, Telemetry, open_telemetry, semconv
from agent_runtime.telemetry.metrics import BUCKETS
from agent_runtime.telemetry.spans import sendable


class Collector:
    """Takes OTLP over HTTP on loopback and keeps what it got."""

    def __init__(self) -> None:
        kept: list[tuple[str, bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.kept = kept
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def resources(self) -> list[Any]:
        requests = [
            ExportTraceServiceRequest.FromString(body) for path, body in self.kept if "traces" in path
        ]
        return [resource for request in requests for resource in request.resource_spans]

    def spans(self) -> dict[str, Any]:
        return {
            span.name: span
            for resource in self.resources()
            for scope in resource.scope_spans
            for span in scope.spans
        }

    def metrics(self) -> dict[str, Any]:
        requests = [
            ExportMetricsServiceRequest.FromString(body) for path, body in self.kept if "metrics" in path
        ]
        return {
            metric.name: metric
            for request in requests
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def telemetry(collector: Collector, **environ: str) -> Telemetry:
    return open_telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, **environ})


def plain(attributes: Any) -> dict[str, Any]:
    return {pair.key: _value(pair) for pair in attributes}


def _value(pair: KeyValue) -> Any:
    value: AnyValue = pair.value
    if value.HasField("array_value"):
        return tuple(part.string_value for part in value.array_value.values)
    return getattr(value, value.WhichOneof("value") or "string_value")


def finish(telemetry: Telemetry, success: bool | None = True, latency: float = 1.5) -> None:
    finished = FinishedRun(
        agent="support-triage",
        model="sim:triage",
        status=RunStatus.SUCCEEDED if success else RunStatus.FAILED,
        success=success,
        latency_seconds=latency,
        usage=Usage(100, 20),
        cost_usd=0.25,
        simulated=True,
    )
    telemetry.run_finished(finished)


def test_without_an_endpoint_telemetry_is_silent() -> None:
    silent = open_telemetry({})
    assert silent is SILENT
    with silent.span(semconv.RUN, anything=1) as span:
        span.set(more=2)
        span.fail("timeout")
        assert (span.span_id, span.trace_id) == (None, None)
    finish(silent)
    silent.close()


def test_the_six_spans_arrive_under_their_root(collector: Collector) -> None:
    sending = telemetry(collector)
    with sending.span(semconv.RUN) as root:
        for name in (semconv.PLAN, semconv.TOOL_RESULT, semconv.CRITIC, semconv.RETRY):
            with sending.span(name):
                pass
        with sending.span(semconv.TOOL_CALL):
            pass
    sending.close()
    spans = collector.spans()
    assert root.span_id == spans.pop("agent.run").span_id.hex()
    assert set(spans) == {"agent.plan", "tool.call", "tool.result", "agent.critic", "agent.retry"}
    assert {span.parent_span_id.hex() for span in spans.values()} == {root.span_id}
    assert {span.trace_id.hex() for span in spans.values()} == {root.trace_id}


def test_a_span_carries_its_attributes_and_no_none(collector: Collector) -> None:
    sending = telemetry(collector)
    with sending.span(semconv.PLAN, **semconv.model_names("openai:gpt-4.1-mini")) as span:
        span.set(**semconv.usage(Usage(10, 5)), nothing=None, flags=("a", "b"))
    sending.close()
    assert plain(collector.spans()["agent.plan"].attributes) == {
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4.1-mini",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "flags": ("a", "b"),
    }


def test_tasks_that_run_side_by_side_keep_their_own_parents(collector: Collector) -> None:
    sending = telemetry(collector)
    both_open = asyncio.Barrier(2)

    async def run(name: str) -> str | None:
        with sending.span(f"run {name}") as root:
            await both_open.wait()
            with sending.span(f"plan {name}"):
                await both_open.wait()
        return root.span_id

    async def both() -> list[str | None]:
        return list(await asyncio.gather(run("a"), run("b")))

    roots = asyncio.run(both())
    sending.close()
    spans = collector.spans()
    assert [spans[f"plan {name}"].parent_span_id.hex() for name in "ab"] == roots
    assert spans["run a"].trace_id != spans["run b"].trace_id


def test_a_failed_span_says_why(collector: Collector) -> None:
    sending = telemetry(collector)
    with sending.span(semconv.TOOL_CALL) as span:
        span.fail("unknown_tool")
    sending.close()
    sent = collector.spans()["tool.call"]
    assert (sent.status.code, sent.status.message) == (2, "unknown_tool")
    assert plain(sent.attributes) == {"error.type": "unknown_tool"}


def test_a_raised_error_marks_its_span_by_type_and_leaks_no_message(collector: Collector) -> None:
    sending = telemetry(collector)
    with pytest.raises(KeyError), sending.span(semconv.TOOL_CALL):
        raise KeyError("PLANTED alice@example.com")
    sending.close()
    assert collector.spans()["tool.call"].status.message == "KeyError"
    assert b"PLANTED" not in b"".join(body for _, body in collector.kept)


@pytest.mark.parametrize(("asked", "leaks"), [("0", False), ("1", True)])
def test_content_leaves_only_if_it_was_asked_for(collector: Collector, asked: str, leaks: bool) -> None:
    sending = telemetry(collector, AGENTCREWOPS_TRACE_CONTENT=asked)
    assert sending.content_allowed is leaks
    content = dict.fromkeys(semconv.CONTENT, "PLANTED")
    with sending.span(semconv.PLAN, **content) as span:
        span.set(**content)
    sending.close()
    assert "agent.plan" in collector.spans()
    assert (b"PLANTED" in b"".join(body for _, body in collector.kept)) is leaks


def test_a_hostile_tool_name_does_not_cost_the_other_spans(collector: Collector) -> None:
    sending = telemetry(collector)
    with sending.span(semconv.RUN), sending.span(semconv.TOOL_CALL) as span:
        span.set(**semconv.tool_call(tool="\ud800" + "x" * 100_000, call_id="\0", step=0))
    sending.close()
    sent = plain(collector.spans()["tool.call"].attributes)
    assert sent["gen_ai.tool.name"].startswith("?xxx")
    assert len(sent["gen_ai.tool.name"]) < 10_000
    assert "agent.run" in collector.spans()


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.text(st.characters()) | st.lists(st.text())))
def test_every_attribute_can_be_encoded(attributes: dict[str, str | bool | list[str] | None]) -> None:
    for value in sendable(attributes, content_allowed=True).values():
        texts = value if isinstance(value, tuple) else (str(value),)
        for text in texts:
            text.encode()


@pytest.mark.parametrize(
    ("variable", "name"), [({}, "agentcrewops"), ({"OTEL_SERVICE_NAME": "shop"}, "shop")]
)
def test_the_service_has_its_name(collector: Collector, variable: dict[str, str], name: str) -> None:
    sending = telemetry(collector, **variable)
    with sending.span(semconv.RUN):
        pass
    sending.close()
    (resource,) = collector.resources()
    assert plain(resource.resource.attributes)["service.name"] == name


def test_a_run_is_counted_in_the_four_metrics(collector: Collector) -> None:
    sending = telemetry(collector)
    finish(sending)
    finish(sending, latency=0.2)
    sending.close()
    metrics = collector.metrics()
    assert set(metrics) == {
        "agent_task_success_total",
        "agent_task_latency_seconds",
        "agent_tokens_total",
        "agent_cost_usd_total",
    }
    (success,) = metrics["agent_task_success_total"].sum.data_points
    assert success.as_int == 2
    assert plain(success.attributes) == {
        "gen_ai.agent.name": "support-triage",
        "gen_ai.provider.name": "sim",
        "gen_ai.request.model": "triage",
        "agentcrewops.simulated": True,
    }
    (cost,) = metrics["agent_cost_usd_total"].sum.data_points
    assert cost.as_double == 0.5
    tokens = {
        plain(point.attributes)["gen_ai.token.type"]: point.as_int
        for point in metrics["agent_tokens_total"].sum.data_points
    }
    assert tokens == {"input": 200, "output": 40}


def test_latency_buckets_fit_seconds(collector: Collector) -> None:
    sending = telemetry(collector)
    finish(sending, latency=1.5)
    finish(sending, latency=0.04)
    sending.close()
    (point,) = collector.metrics()["agent_task_latency_seconds"].histogram.data_points
    assert tuple(point.explicit_bounds) == BUCKETS
    assert BUCKETS[0] == 0.05
    assert BUCKETS[-1] > 120
    filled = [index for index, count in enumerate(point.bucket_counts) if count]
    assert filled == [0, BUCKETS.index(2.5)]


def test_names_and_units_come_out_of_prometheus_as_published(collector: Collector) -> None:
    sending = telemetry(collector)
    finish(sending)
    sending.close()
    for name, metric in collector.metrics().items():
        # Prometheus appends a unit that the name lacks; an annotation in braces is no unit.
        assert metric.unit == "s" if name.endswith("_seconds") else metric.unit.startswith("{")
        assert name.endswith("_total") == metric.HasField("sum")


@pytest.mark.parametrize(("success", "points"), [(False, [0]), (None, [])])
def test_a_failed_run_counts_zero_and_an_unjudged_one_is_not_counted(
    collector: Collector, success: bool | None, points: list[int]
) -> None:
    sending = telemetry(collector)
    finish(sending, success)
    sending.close()
    metric = collector.metrics().get("agent_task_success_total")
    assert [point.as_int for point in metric.sum.data_points] == points if metric else points == []


def test_one_signal_alone_may_be_sent(collector: Collector) -> None:
    sending = open_telemetry({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.endpoint}/v1/traces"})
    finish(sending)
    with sending.span(semconv.RUN):
        pass
    sending.close()
    assert {path for path, _ in collector.kept} == {"/v1/traces"}


def test_metrics_alone_leave_spans_without_ids(collector: Collector) -> None:
    sending = open_telemetry({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{collector.endpoint}/v1/metrics"})
    with sending.span(semconv.RUN) as span:
        assert span.span_id is None
    finish(sending)
    sending.close()
    assert {path for path, _ in collector.kept} == {"/v1/metrics"}


def test_a_variable_the_sdk_cannot_read_is_a_clear_error(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many")
    with pytest.raises(InvalidInput, match="the OTEL_ variables: OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT must be"):
        telemetry(collector)


_RUN = """
import sys, time
from agent_runtime.records import RunStatus, Usage
from agent_runtime.telemetry import FinishedRun, open_telemetry
telemetry = open_telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": sys.argv[1]})
with telemetry.span("agent.run"):
    pass
telemetry.run_finished(FinishedRun(agent="a", model="sim:m", status=RunStatus.FAILED, success=False,
                                   latency_seconds=1.0, usage=Usage(1, 1), cost_usd=0.0, simulated=True))
began = time.monotonic()
telemetry.close()
print(time.monotonic() - began)
"""


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "localhost:4318", "http://[", "SILENCE"])
def test_a_broken_endpoint_costs_at_most_the_closing_time_and_prints_no_traceback(
    endpoint: str, silence: str
) -> None:
    command = [sys.executable, "-c", _RUN, silence if endpoint == "SILENCE" else endpoint]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert float(done.stdout) < 5
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) <= 2
    assert all(line.startswith("telemetry: ") for line in lines)


@pytest.fixture
def silence() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_the_package_is_light_until_there_is_an_endpoint() -> None:
    code = (
        "import sys; from agent_runtime.telemetry import open_telemetry, semconv; open_telemetry({}); "
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
