"""The 95th percentile is one thing, wherever it is shown."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.statistics import stats
from agent_runtime.statistics.stats import Runs
from agent_runtime.statistics.tail import p95


def test_it_is_a_value_that_occurred() -> None:
    assert p95([*range(19), 1000]) == 18
    assert p95([7.0]) == 7.0


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_the_gate_and_the_charts_agree(values: list[float]) -> None:
    latencies = np.array(values, dtype=np.float64)
    runs = Runs(np.zeros(len(values), dtype=np.int64), np.ones(len(values)), latencies, None)
    assert stats.p95(runs) == p95(values)
