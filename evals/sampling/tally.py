"""What came of the runs so far, in words."""

from __future__ import annotations

from dataclasses import dataclass

from agent_runtime.progress import Stretch
from evals.results.records import Sample


@dataclass(slots=True)
class Tally:
    """Running counts of an evaluation, shown on a stretch of its progress.

    Attributes:
        cost_usd: of the runs that named their cost; None if none did.
        slowed_to: runs at a time, if the target let fewer go than asked for.
    """

    done: int = 0
    passed: int = 0
    unmeasured: int = 0
    cost_usd: float | None = None
    slowed_to: int | None = None

    def count(self, sample: Sample, slowed_to: int | None = None) -> None:
        """Add one run that ended."""
        self.slowed_to = slowed_to
        self.done += 1
        self.passed += sample.passed is True
        self.unmeasured += sample.passed is None
        if sample.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + sample.cost_usd

    def show(self, stretch: Stretch, sample: Sample, slowed_to: int | None = None) -> None:
        """Add one run that ended, and show what came of all."""
        self.count(sample, slowed_to)
        stretch.note(self.done, self.words())

    def words(self) -> str:
        """What came of the runs so far: `97 passed, 2 unmeasured, $0.0120`."""
        parts = [f"{self.passed} passed"]
        if self.unmeasured:
            parts.append(f"{self.unmeasured} unmeasured")
        if self.cost_usd is not None:
            parts.append(f"${self.cost_usd:.4f}")
        if self.slowed_to is not None:
            parts.append(f"slowed to {self.slowed_to} at a time (429)")
        return ", ".join(parts)
