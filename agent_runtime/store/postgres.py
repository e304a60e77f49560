"""A Postgres database, shared by many processes; our tables stand in a schema of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from agent_runtime.errors import InvalidInput
from agent_runtime.store.schema import revision, upgrade
from agent_runtime.store.tables import HEAD

SCHEMA = "agentcrewops"
"""Beside whatever else the database holds: a team's own tables, and those of the queue."""

_POOL = 5
"""Connections of one process: with the queue's own pool it stays below ten."""
_CONNECT_SECONDS = 10
_LOCK = 0x61636F70
"""Of everybody who migrates: the letters `acop` (https://www.postgresql.org/docs/current/explicit-locking.html)."""
_FIX = "write  postgresql://user:password@host:5432/database  of a database that this user may use"


def open_postgres(url: URL) -> Engine:
    """The database at `url`, our schema at the newest revision; made if it is not there.

    Raises:
        InvalidInput: it cannot be reached, refuses us, or was made by a newer version; no password is shown.
    """
    name = url.render_as_string(hide_password=True)
    engine = _engine(url, name)
    try:
        _bring_up_to_date(engine, name)
    except DBAPIError as error:
        engine.dispose()
        raise InvalidInput.one(name, f"cannot be used as a store: {_first_line(error)}", _FIX) from None
    except BaseException:
        engine.dispose()
        raise
    return engine


def _engine(url: URL, name: str) -> Engine:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": SCHEMA},
            pool_size=_POOL,
            max_overflow=0,
            # A connection that the server cut in the meantime is noticed before it is used, not by a lost row.
            pool_pre_ping=True,
        )
    except ImportError:
        fix = "install it with its driver:  agentcrewops[postgres]"
        raise InvalidInput.one(name, "needs psycopg, which is not installed", fix) from None
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # By a statement, not by the connection's `options`, which poolers such as pgbouncer refuse
    # (https://www.pgbouncer.org/config.html#ignore_startup_parameters).
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {SCHEMA}")
    connection.commit()


def _bring_up_to_date(engine: Engine, name: str) -> None:
    with engine.connect() as connection:
        if revision(connection, name) == HEAD:
            return
    with engine.begin() as connection:
        # Until the end of the transaction: one process migrates, the others wait and then find it done.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        upgrade(connection, name)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
