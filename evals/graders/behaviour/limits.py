"""The graders of what a run took: money and time. What the target does not report cannot be judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from evals.graders.kind import GraderKind
from evals.graders.quote import quote
from evals.results.records import Attempt, Grade, NotObserved


@dataclass(frozen=True, slots=True)
class Limit:
    """One number of the run is at most `most`.

    Attributes:
        amount: the number; None if the target does not report it.
        unit: writes such a number with its unit.
    """

    name: str
    most: float
    amount: Callable[[Attempt], float | None]
    unit: Callable[[float], str]

    def grade(self, attempt: Attempt) -> Grade | NotObserved:
        """Compare; neither pass nor fail if there is nothing to compare."""
        amount = self.amount(attempt)
        if amount is None:
            return NotObserved(self.name, f"the target does not report what {self.name} limits")
        passed = amount <= self.most
        return Grade(
            self.name, passed, "" if passed else f"{self.unit(amount)}, above {self.unit(self.most)}"
        )


def _bound(example: str) -> Callable[[Document], float]:
    def read(document: Document) -> float:
        value = document.data
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            what = f"needs a number above 0, not {quote(value)}"
            raise InvalidInput([document.problem((), what, f"write  {example}")])
        return float(value)

    return read


MAX_COST_USD = GraderKind(
    name="max_cost_usd",
    read=_bound("max_cost_usd: 0.02"),
    build=lambda most, _: Limit("max_cost_usd", most, lambda run: run.cost_usd, lambda usd: f"${usd:.6g}"),
    checks="The run cost at most so much.",
    example="max_cost_usd: 0.02",
)
MAX_LATENCY_MS = GraderKind(
    name="max_latency_ms",
    read=_bound("max_latency_ms: 3000"),
    build=lambda most, _: Limit(
        "max_latency_ms", most, lambda run: run.latency_ms, lambda ms: f"{ms:.0f} ms"
    ),
    checks="The run took at most so long.",
    example="max_latency_ms: 3000",
)
