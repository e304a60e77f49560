"""What every store of rows answers to. Rows hold no message content: that is in the artifacts, redacted."""

from __future__ import annotations

from typing import Protocol

from agent_runtime.errors import CrewError
from agent_runtime.guard.budget import Ledger
from agent_runtime.records import Run, RunStatus, Step


class CannotRecord(CrewError):
    """A row was not written: it contradicts what is recorded, or the database refused it."""


class Store(Protocol):
    """Runs, their steps, and the money they cost. Safe to share between threads."""

    def start_run(self, run: Run) -> None:
        """Write the row of a run that begins.

        Raises:
            CannotRecord: its id is taken.
        """
        ...

    def record_step(self, step: Step) -> None:
        """Write a step, and add its tokens and cost to its run, together or not at all.

        Raises:
            CannotRecord: the run is unknown or over, or the step's index is taken.
        """
        ...

    def finish_run(
        self,
        run_id: str,
        status: RunStatus,
        *,
        stop: str,
        end_ts: str | None,
        artifact_uri: str | None = None,
    ) -> None:
        """Say how a run ended; an `end_ts` of None leaves it open (it waits for an approval).

        Raises:
            CannotRecord: the run is unknown, or is over already.
        """
        ...

    def run(self, run_id: str) -> Run | None:
        """The run, or None if there is no such run."""
        ...

    def steps(self, run_id: str) -> tuple[Step, ...]:
        """The run's steps in order, without their texts, calls and arguments."""
        ...

    def runs(self, limit: int) -> tuple[Run, ...]:
        """The latest `limit` runs, newest first."""
        ...

    def ledger(self, scope: str, *, per_run_micros: int | None, per_day_micros: int | None) -> Ledger:
        """The money of `scope` (`run` for production, `eval` for evaluations), under these caps."""
        ...

    def close(self) -> None:
        """Release the connections."""
        ...
