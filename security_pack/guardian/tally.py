"""What came of the attacks so far, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from security_pack.episodes.episode import Outcome
from security_pack.findings.trial import Trial


@dataclass(slots=True)
class AttackTally:
    """Running counts. A probe may attack several tools, so `done` counts probes and the others attacks."""

    through: int = 0
    blocked: int = 0
    errors: int = 0
    seen: set[str] = field(default_factory=set)

    @property
    def done(self) -> int:
        """Probes that were begun."""
        return len(self.seen)

    def count(self, trial: Trial) -> None:
        """Add one trial that ended."""
        self.seen.add(trial.probe.id)
        outcome = trial.judgement.outcome if trial.judgement is not None else None
        self.through += outcome is Outcome.SUCCEEDED
        self.blocked += outcome is Outcome.ATTEMPTED_BLOCKED
        self.errors += outcome is Outcome.ERROR

    def words(self) -> str:
        """`60 blocked, 2 got through`"""
        parts = [f"{self.blocked} blocked"]
        parts += [f"{self.through} got through"] if self.through else []
        parts += [f"{self.errors} errors"] if self.errors else []
        return ", ".join(parts)
