"""Trace ids for requests to other agents."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.telemetry import new_trace


@given(st.text())
def test_every_text_gives_a_valid_traceparent(text: str) -> None:
    trace = new_trace(text)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", trace.traceparent)
    assert trace.traceparent.split("-")[1:3] == [trace.trace_id, trace.span_id]
    assert int(trace.trace_id, 16)
    assert int(trace.span_id, 16)


def test_the_same_text_gives_the_same_ids_and_another_gives_others() -> None:
    assert new_trace("case-1/0") == new_trace("case-1/0")
    assert new_trace("case-1/0").trace_id != new_trace("case-1/1").trace_id
