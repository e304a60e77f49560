"""Evidence as arrays: the runs that count, one column a metric."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from agent_runtime.statistics.stats import Floats, Runs
from evals.gate.evidence import CaseEvidence, outcome, usable

_NOTHING = 1e-12
"""Dollars or milliseconds."""


def runs_of(cases: Iterable[CaseEvidence]) -> Runs:
    """The measured runs, case by case; a metric that is not known for every run is left out whole."""
    numbered = [(index, sample) for index, case in enumerate(cases) for sample in case.runs]
    samples = [sample for _, sample in numbered]
    return Runs(
        case=np.array([index for index, _ in numbered], dtype=np.int64),
        passed=np.array([outcome(sample) for sample in samples], dtype=np.float64),
        latency_ms=_column([sample.latency_ms for sample in samples]),
        cost_usd=_column([sample.cost_usd for sample in samples]),
    )


def _column(numbers: Sequence[float | None]) -> Floats | None:
    """None unless every number is usable. What is too small to mean anything is zero: ratios would overflow."""
    if not usable(numbers):
        return None
    column = np.array(numbers, dtype=np.float64)
    return np.where(column < _NOTHING, 0.0, column)
