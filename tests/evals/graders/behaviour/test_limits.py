from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.graders import graders_for
from evals.results.records import Attempt, Grade, SampleStatus
from tests.fakes.grading import case_of, completed, grade_of, means


def took(ms: float | None) -> Attempt:
    return Attempt(SampleStatus.COMPLETED, output="x", latency_ms=ms)


def test_a_run_within_its_limits_passes() -> None:
    assert grade_of({"max_cost_usd": 0.02}, completed(cost_usd=0.02)) == Grade("max_cost_usd", True)
    assert grade_of({"max_latency_ms": 3000}, took(3000.0)) == Grade("max_latency_ms", True)


def test_a_run_beyond_a_limit_fails_with_both_numbers() -> None:
    assert grade_of({"max_cost_usd": 0.02}, completed(cost_usd=0.03)).reason == "$0.03, above $0.02"
    assert grade_of({"max_latency_ms": 3000}, took(4000.4)).reason == "4000 ms, above 3000 ms"


def test_what_is_not_reported_is_unmeasured_and_never_a_pass() -> None:
    assert grade_of({"max_cost_usd": 0.02}, completed()).passed is None
    assert grade_of({"max_latency_ms": 3000}, took(None)).passed is None


@pytest.mark.parametrize("limit", [None, "1", 0, -1, True, float("inf"), float("nan"), [1]])
@pytest.mark.parametrize("name", ["max_cost_usd", "max_latency_ms"])
def test_a_limit_is_a_number_above_zero(name: str, limit: Any) -> None:
    with pytest.raises(InvalidInput, match="needs a number above 0"):
        graders_for(case_of({name: limit}), means())
