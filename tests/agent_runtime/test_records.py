"""Sums over what happened."""

from __future__ import annotations

import pytest

from agent_runtime.records import Role, RunResult, RunStatus, Step, Usage


def test_usage_adds_up_by_kind() -> None:
    both = Usage(100, 20) + Usage(1, 2)
    assert (both, both.total) == (Usage(101, 22), 123)


def test_a_result_sums_its_steps() -> None:
    steps = (
        Step("r", 0, Role.PLAN, latency_ms=10.0, usage=Usage(100, 20), cost_micros=61),
        Step("r", 1, Role.TOOL, latency_ms=2.5),
        Step("r", 2, Role.PLAN, latency_ms=7.5, usage=Usage(1, 2), cost_micros=9),
    )
    result = RunResult("r", RunStatus.SUCCEEDED, "answered", "done", steps)
    assert (result.usage, result.cost_micros, result.latency_ms) == (Usage(101, 22), 70, 20.0)


def test_a_run_without_steps_cost_nothing() -> None:
    result = RunResult("r", RunStatus.FAILED, "model", None)
    assert (result.usage, result.cost_micros, result.latency_ms) == (Usage(), 0, 0.0)


@pytest.mark.parametrize(
    ("status", "delivered"),
    [(RunStatus.SUCCEEDED, "done"), (RunStatus.CONTRACT_FAILED, None), (RunStatus.TIMED_OUT, None)],
)
def test_a_run_that_failed_delivers_no_answer(status: RunStatus, delivered: str | None) -> None:
    assert RunResult("r", status, "answered", "done").delivered == delivered
