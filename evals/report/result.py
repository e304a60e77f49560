"""What the report of a canary is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.results.records import SuiteResult
from evals.results.verdict import Verdict

if TYPE_CHECKING:  # it needs numpy
    from evals.gate.trend import DatedResult


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """A verdict that is written down, and its runs; its report is made by whoever has the folder.

    Attributes:
        runs: every run, and the cases that were not run.
        baseline: what they were compared with; None if there was nothing.
        history: earlier results, for the report's trend.
    """

    verdict: Verdict
    runs: SuiteResult
    baseline: SuiteResult | None = None
    history: tuple[DatedResult, ...] = ()
