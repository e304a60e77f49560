import asyncio

from agent_runtime.tools.interface import ToolResult
from agent_runtime.tools.stub import StubTool


def test_a_stub_returns_its_value_to_every_call_in_no_time() -> None:
    stub = StubTool({"status": "ok"})
    results = [asyncio.run(stub.call({"a": n}, idempotency_key="k")) for n in range(2)]
    assert results == [ToolResult('{"status": "ok"}', latency_ms=0.0)] * 2
