"""How far Guardian is, on stderr: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from evals.sampling.progress import LINE_SECONDS, rich_progress
from security_pack.episodes.episode import Outcome
from security_pack.findings.trial import Trial

OnTrial = Callable[[Trial], None]


@dataclass(slots=True)
class AttackTally:
    """Running counts. A probe may attack several tools, so `done` counts probes and the others attacks."""

    total: int
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


@contextmanager
def attack_progress(total: int, stream: TextIO, *, quiet: bool = False) -> Iterator[OnTrial]:
    """What is told of each trial while the block runs; `total` probes are to come."""
    tally = AttackTally(total)
    if quiet:
        yield tally.count
    elif stream.isatty():
        with rich_progress(stream) as bar:
            task = bar.add_task("probes", total=total, words="")

            def draw(trial: Trial) -> None:
                tally.count(trial)
                bar.update(task, completed=tally.done, words=tally.words())

            yield draw
    else:
        yield _Lines(tally, stream).note


class _Lines:
    """A line every ten seconds, for logs: a shorter run writes none."""

    def __init__(self, tally: AttackTally, stream: TextIO) -> None:
        self._tally = tally
        self._stream = stream
        self._last = time.monotonic()

    def note(self, trial: Trial) -> None:
        self._tally.count(trial)
        now = time.monotonic()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            line = f"{self._tally.done}/{self._tally.total} probes, {self._tally.words()}"
            print(line, file=self._stream, flush=True)
