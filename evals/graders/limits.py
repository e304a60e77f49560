"""The graders of what a run took: money and time. What the target does not report cannot be judged."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent_runtime.documents import Document
from agent_runtime.errors import InvalidInput
from evals.graders.text import shown
from evals.records import Attempt, Grade


@dataclass(frozen=True, slots=True)
class MaxCost:
    """The run cost at most `usd`."""

    usd: float
    name = "max_cost_usd"

    def grade(self, attempt: Attempt) -> Grade:
        """Compare dollars; None if the target does not say what a run costs."""
        if attempt.cost_usd is None:
            return Grade(self.name, None, "the target does not report its cost")
        passed = attempt.cost_usd <= self.usd
        return Grade(
            self.name, passed, "" if passed else f"cost ${attempt.cost_usd:.6g}, above ${self.usd:g}"
        )


@dataclass(frozen=True, slots=True)
class MaxLatency:
    """The run took at most `ms`."""

    ms: float
    name = "max_latency_ms"

    def grade(self, attempt: Attempt) -> Grade:
        """Compare milliseconds; None if the latency is not known."""
        if attempt.latency_ms is None:
            return Grade(self.name, None, "the latency is not known")
        passed = attempt.latency_ms <= self.ms
        return Grade(
            self.name, passed, "" if passed else f"took {attempt.latency_ms:.0f} ms, above {self.ms:g} ms"
        )


def max_cost_usd(document: Document) -> MaxCost:
    """From `max_cost_usd: 0.02`.

    Raises:
        InvalidInput
    """
    return MaxCost(_limit(document, "max_cost_usd"))


def max_latency_ms(document: Document) -> MaxLatency:
    """From `max_latency_ms: 3000`.

    Raises:
        InvalidInput
    """
    return MaxLatency(_limit(document, "max_latency_ms"))


def _limit(document: Document, name: str) -> float:
    limit = document.data
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < math.inf:
        what = f"needs a number above 0, not {shown(limit)}"
        raise InvalidInput(
            [document.problem((), what, f"write  {name}: 0.02" if "usd" in name else f"write  {name}: 3000")]
        )
    return float(limit)
