"""The graders of what a run took: money and time. What the target does not report cannot be judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from evals.graders.answer.text import shown
from evals.results.records import Attempt, Grade, NotObserved


@dataclass(frozen=True, slots=True)
class Limit:
    """One number of the run is at most `most`.

    Attributes:
        amount: the number; None if the target does not report it.
        words: how such a number is written.
    """

    name: str
    most: float
    amount: Callable[[Attempt], float | None]
    words: Callable[[float], str]

    def grade(self, attempt: Attempt) -> Grade | NotObserved:
        """Compare; neither pass nor fail if there is nothing to compare."""
        amount = self.amount(attempt)
        if amount is None:
            return NotObserved(self.name, f"the target does not report what {self.name} limits")
        passed = amount <= self.most
        return Grade(
            self.name, passed, "" if passed else f"{self.words(amount)}, above {self.words(self.most)}"
        )


def max_cost_usd(document: Document) -> Limit:
    """From `max_cost_usd: 0.02`.

    Raises:
        InvalidInput
    """
    most = _most(document, "max_cost_usd: 0.02")
    return Limit("max_cost_usd", most, lambda attempt: attempt.cost_usd, lambda usd: f"${usd:.6g}")


def max_latency_ms(document: Document) -> Limit:
    """From `max_latency_ms: 3000`.

    Raises:
        InvalidInput
    """
    most = _most(document, "max_latency_ms: 3000")
    return Limit("max_latency_ms", most, lambda attempt: attempt.latency_ms, lambda ms: f"{ms:.0f} ms")


def _most(document: Document, example: str) -> float:
    most = document.data
    if isinstance(most, bool) or not isinstance(most, int | float) or not 0 < most < math.inf:
        what = f"needs a number above 0, not {shown(most)}"
        raise InvalidInput([document.problem((), what, f"write  {example}")])
    return float(most)
