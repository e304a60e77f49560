"""One SQLite file, opened safely by many processes at once."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from agent_runtime.errors import InvalidInput
from agent_runtime.store.schema import revision, upgrade
from agent_runtime.store.tables import HEAD

_WAIT_SECONDS = 30.0
"""For a lock of another process: longer than any of our transactions, shorter than a person's patience."""
_FIX = "name a new file in a folder you may write to"


def open_sqlite(path: Path) -> Engine:
    """The file at `path`, at the newest schema; made, for its owner alone, if it is not there.

    Raises:
        InvalidInput: it cannot be written, is not ours, or was made by a newer version.
    """
    engine = _engine(path)
    try:
        _create_private(path)
        _use_wal(engine)
        _bring_up_to_date(engine, path)
    except BaseException as error:
        engine.dispose()
        if isinstance(error, OSError):
            raise InvalidInput.one(path, f"cannot be opened: {error.strerror}", _FIX) from None
        if isinstance(error, DBAPIError):
            raise InvalidInput.one(path, f"cannot be used as a store: {error.orig}", _FIX) from None
        raise
    return engine


def _engine(path: Path) -> Engine:
    # Few connections: SQLite has one writer, and threads that wait in our pool are served in turn.
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _WAIT_SECONDS},
        pool_size=4,
        max_overflow=0,
        pool_timeout=_WAIT_SECONDS,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA foreign_keys = ON")
        # In WAL mode a power cut may lose the last commits, but never corrupts; a crash of ours loses nothing.
        # https://www.sqlite.org/pragma.html#pragma_synchronous
        cursor.execute("PRAGMA synchronous = NORMAL")


def _create_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Never open a file that exists: closing it would drop the locks this process holds on it through SQLite.
    # https://www.sqlite.org/howtocorrupt.html (2.2, POSIX advisory locks canceled by a separate thread)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _use_wal(engine: Engine) -> None:
    """Let readers and the writer work side by side. SQLite does not wait its turn for this switch; we do."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            return
        except OperationalError as error:
            if not _busy(error) or time.monotonic() > deadline:
                raise
            # Short against a transaction of ours, which takes milliseconds. Chosen.
            time.sleep(0.02)


def _busy(error: OperationalError) -> bool:
    # Only the low byte names the error; the rest says which kind of busy (https://www.sqlite.org/rescode.html).
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return isinstance(code, int) and code & 0xFF == sqlite3.SQLITE_BUSY


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        if revision(connection, path) == HEAD:
            return
    with engine.connect() as connection:
        # Takes the writer's lock before it looks (https://www.sqlite.org/lang_transaction.html).
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        upgrade(connection, path)
        connection.commit()
