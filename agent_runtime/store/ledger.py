"""Spend caps that hold for all processes that share a database: each charge is one guarded UPDATE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, insert, select, text, update

from agent_runtime.guard.budget import OverBudget, Reservation, refuse_negative
from agent_runtime.store.database import writing
from agent_runtime.store.tables import reservations, spend_day, spend_run

Key = Mapping[str, str]

# Written out because SQLite and Postgres agree on these words, but SQLAlchemy has them once for each.
_FIRST_CHARGE = {
    spend_run: text(
        "INSERT INTO spend_run (scope, run_id, spent, reserved) VALUES (:scope, :run_id, 0, 0) ON CONFLICT DO NOTHING"
    ),
    spend_day: text(
        "INSERT INTO spend_day (scope, day, spent, reserved) VALUES (:scope, :day, 0, 0) ON CONFLICT DO NOTHING"
    ),
}


_DAY_OF_THE_SERVER = text("SELECT CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS date)")


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


class SqlLedger:
    """The money of one scope. The day of a charge is the UTC day of its reservation.

    On Postgres it is the server's: machines that share a cap must not disagree on when it begins anew.

    Args:
        scope: whose money: `run` for production, `eval` for evaluations. Scopes never touch each other's.
        per_run_micros: cap of each run; None is no cap.
        per_day_micros: cap of all runs of a day; None is no cap.
        clock: what time it is; None asks the database's server, or this machine where there is none.
    """

    def __init__(
        self,
        engine: Engine,
        scope: str,
        *,
        per_run_micros: int | None,
        per_day_micros: int | None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._engine = engine
        self._scope = scope
        self._per_run = per_run_micros
        self._per_day = per_day_micros
        self._clock = clock

    def reserve(self, run_id: str, amount_micros: int) -> Reservation:
        """Set `amount_micros` aside for one call of `run_id`.

        Raises:
            OverBudget: the amount does not fit under both caps; nothing was reserved.
            CannotRecord: the database refused; nothing was reserved.
        """
        refuse_negative(amount_micros)
        day = self._day()
        reservation = Reservation(uuid4().hex, run_id, amount_micros)
        row = {
            "id": reservation.id,
            "scope": self._scope,
            "run_id": run_id,
            "day": day,
            "amount": amount_micros,
        }
        # One transaction: if the second cap refuses, the first charge and the reservation are undone with it.
        with writing(self._engine) as connection:
            connection.execute(insert(reservations), row)
            _charge(connection, spend_run, self._run_key(run_id), amount_micros, ("run", self._per_run))
            _charge(connection, spend_day, self._day_key(day), amount_micros, ("day", self._per_day))
        return reservation

    def settle(self, reservation: Reservation, spent_micros: int) -> None:
        """Replace the reservation by what the call really cost.

        Raises:
            ValueError: the reservation was settled before, or is not of this ledger.
            CannotRecord: the database refused; the worst case stays charged.
        """
        refuse_negative(spent_micros)
        this = (reservations.c.id == reservation.id, reservations.c.scope == self._scope)
        with self._engine.connect() as connection:
            # Read before the transaction, whose first statement must be a write; the delete finds out who was first.
            row = connection.execute(select(reservations).where(*this)).first()
        with writing(self._engine) as connection:
            if row is None or connection.execute(delete(reservations).where(*this)).rowcount != 1:
                raise ValueError(f"reservation {reservation.id} of run {reservation.run_id} is not open")
            for table, key in ((spend_run, self._run_key(row.run_id)), (spend_day, self._day_key(row.day))):
                settled = {
                    "reserved": table.c.reserved - row.amount,
                    "spent": table.c.spent + spent_micros,
                }
                connection.execute(update(table).where(*_is(table, key)).values(settled))

    def _day(self) -> str:
        if self._clock is None and self._engine.dialect.name == "postgresql":
            with self._engine.connect() as connection:
                return str(connection.scalar(_DAY_OF_THE_SERVER))
        return (self._clock or utc_now)().astimezone(UTC).date().isoformat()

    def _run_key(self, run_id: str) -> Key:
        return {"scope": self._scope, "run_id": run_id}

    def _day_key(self, day: str) -> Key:
        return {"scope": self._scope, "day": day}


def _charge(
    connection: Connection, table: Table, key: Key, amount: int, limit: tuple[str, int | None]
) -> None:
    name, cap = limit
    connection.execute(_FIRST_CHARGE[table], key)
    committed = table.c.spent + table.c.reserved
    charge = update(table).where(*_is(table, key)).values(reserved=table.c.reserved + amount)
    # The cap is part of the UPDATE: between a look and a charge another process could spend.
    if cap is None:
        connection.execute(charge)
    elif connection.execute(charge.where(committed + amount <= cap)).rowcount != 1:
        now = connection.scalar(select(committed).where(*_is(table, key))) or 0
        raise OverBudget(name, cap_micros=cap, committed_micros=now, asked_micros=amount)


def _is(table: Table, key: Key) -> list[ColumnElement[bool]]:
    return [table.c[column] == value for column, value in key.items()]
