"""Runs and steps as rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from agent_runtime.records import MICROS, Role, Run, RunStatus, Step, Usage
from agent_runtime.store.database import open_database, writing
from agent_runtime.store.interface import CannotRecord
from agent_runtime.store.ledger import SqlLedger
from agent_runtime.store.rows import run_row, step_row
from agent_runtime.store.tables import runs, steps


class SqlStore:
    """A store in a SQL database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def at(cls, where: str | Path) -> Self:
        """Open, make or update the database at a path or a `sqlite:///…` URL.

        Raises:
            InvalidInput: it cannot be written, is not ours, or was made by a newer version.
        """
        return cls(open_database(where))

    def start_run(self, run: Run) -> None:
        """Write the row of a run that begins.

        Raises:
            CannotRecord: its id is taken.
        """
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(runs), run_row(run))
        except IntegrityError:
            raise CannotRecord(f"run {run.run_id} is recorded already") from None

    def record_step(self, step: Step) -> None:
        """Write a step, and add its tokens and cost to its run, together or not at all.

        Raises:
            CannotRecord: the run is unknown or over, or the step's index is taken.
        """
        add = {
            "tokens": runs.c.tokens + step.usage.total,
            "cost_micros": runs.c.cost_micros + step.cost_micros,
        }
        try:
            with writing(self._engine) as connection:
                # The update first: it takes the write lock, and says by its count whether the run is still open.
                open_run = update(runs).where(runs.c.run_id == step.run_id, runs.c.end_ts.is_(None))
                if connection.execute(open_run.values(add)).rowcount != 1:
                    raise CannotRecord(f"run {step.run_id} is unknown or over: it takes no step {step.index}")
                connection.execute(insert(steps), step_row(step))
        except IntegrityError:
            raise CannotRecord(f"step {step.index} of run {step.run_id} is recorded already") from None

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
        finish = (
            update(runs)
            .where(runs.c.run_id == run_id, runs.c.end_ts.is_(None))
            .values(status=status.value, stop=stop, end_ts=end_ts, artifact_uri=artifact_uri)
        )
        with writing(self._engine) as connection:
            if connection.execute(finish).rowcount != 1:
                raise CannotRecord(f"run {run_id} is unknown, or over already")

    def run(self, run_id: str) -> Run | None:
        """The run, or None if there is no such run."""
        with self._engine.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.run_id == run_id)).first()
        return None if row is None else _run(row)

    def steps(self, run_id: str) -> tuple[Step, ...]:
        """The run's steps in order, without their texts, calls and arguments."""
        of_run = select(steps).where(steps.c.run_id == run_id).order_by(steps.c.index)
        with self._engine.connect() as connection:
            return tuple(_step(row) for row in connection.execute(of_run))

    def runs(self, limit: int) -> tuple[Run, ...]:
        """The latest `limit` runs, newest first."""
        latest = select(runs).order_by(runs.c.start_ts.desc(), runs.c.run_id).limit(limit)
        with self._engine.connect() as connection:
            return tuple(_run(row) for row in connection.execute(latest))

    def ledger(self, scope: str, *, per_run_micros: int | None, per_day_micros: int | None) -> SqlLedger:
        """The money of `scope` (`run` for production, `eval` for evaluations), under these caps."""
        return SqlLedger(self._engine, scope, per_run_micros=per_run_micros, per_day_micros=per_day_micros)

    def close(self) -> None:
        """Release the connections."""
        self._engine.dispose()


def _run(row: Row[Any]) -> Run:
    return Run(
        run_id=row.run_id,
        agent_name=row.agent_name,
        start_ts=row.start_ts,
        end_ts=row.end_ts,
        status=RunStatus(row.status),
        tokens=row.tokens,
        cost_usd=row.cost_micros / MICROS,
        manifest_fingerprint=row.manifest_fingerprint,
        artifact_uri=row.artifact_uri,
        stop=row.stop,
        simulated=row.simulated,
    )


def _step(row: Row[Any]) -> Step:
    cells = row._mapping  # a row's own `index` is a method of tuple
    return Step(
        run_id=row.run_id,
        index=cells["index"],
        role=Role(row.role),
        tool=row.tool,
        latency_ms=row.latency_ms,
        retry_count=row.retry_count,
        policy_flags=tuple(row.policy_flags),
        span_id=row.span_id,
        ok=row.ok,
        failure=row.failure,
        usage=Usage(row.input_tokens, row.output_tokens),
        cost_micros=row.cost_micros,
    )
