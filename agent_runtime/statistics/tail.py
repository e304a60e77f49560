"""The 95th percentile, defined once: the smallest value that at least 95 % of the weight does not exceed.

A value that occurred, never one between two: a latency that nobody waited is no latency.
"""

from __future__ import annotations

from collections.abc import Sequence

TAIL = 0.95
SLACK = 1e-9
"""For the last bits of a sum of weights."""


def p95(values: Sequence[float]) -> float:
    """The 95th percentile of values that weigh the same; `stats.p95` is that of runs whose cases weigh the same."""
    ordered = sorted(values)
    weight = 1 / len(ordered)
    return next(value for at, value in enumerate(ordered, start=1) if at * weight >= TAIL - SLACK)
