"""The database of the rows, on SQLite or Postgres: opened at the newest schema, written in transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from agent_runtime.errors import InvalidInput
from agent_runtime.store.interface import CannotRecord
from agent_runtime.store.postgres import open_postgres
from agent_runtime.store.sqlite import open_sqlite

_POSTGRES = frozenset({"postgresql", "postgres"})
"""Both schemes are libpq's (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS)."""
_FORMS = "write  sqlite:///path/to/file  or  postgresql://user@host/database"


def open_database(where: str | Path) -> Engine:
    """The database at a path, a `sqlite:///…` or a `postgresql://…` URL, at the newest schema; made if it is empty.

    Raises:
        InvalidInput: it cannot be reached or written, is not ours, or was made by a newer version.
    """
    if isinstance(where, Path) or "://" not in where:
        return open_sqlite(Path(where))
    url = _url(where)
    if url.get_backend_name() in _POSTGRES:
        return open_postgres(url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        shown = url.render_as_string(hide_password=True)
        raise InvalidInput.one("the store", f"'{shown}' is no database that lasts", _FORMS)
    return open_sqlite(Path(url.database))


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, undone if the block raises. Its first statement must be a write.

    SQLite waits for the write lock only at the start of a transaction; one that read first and writes later
    fails at once if another process wrote in between.

    Raises:
        CannotRecord: the database refused (disk full, locked for too long, gone or damaged).
        IntegrityError: a row contradicts another; the caller knows what that means.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise CannotRecord(f"{engine.url.database}: {error.orig}") from error


def _url(where: str) -> URL:
    try:
        return make_url(where)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise InvalidInput.one("the store", "its URL cannot be read", _FORMS) from None
