"""One SQLite file: opened safely by many processes at once, brought up to date, written in transactions."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from agent_runtime.errors import InvalidInput
from agent_runtime.store.interface import CannotRecord
from agent_runtime.store.tables import HEAD

_WAIT_SECONDS = 30.0
"""For a lock of another process: longer than any of our transactions, shorter than a person's patience."""
_FIX = "name a new file in a folder you may write to"


def open_database(where: str | Path) -> Engine:
    """The database at a path or a `sqlite:///…` URL, at the newest schema; made if it is not there.

    Raises:
        InvalidInput: it cannot be written, is not ours, or was made by a newer version.
    """
    path = _path_of(where)
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


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, undone if the block raises. Its first statement must be a write.

    SQLite waits for the write lock only at the start of a transaction; one that read first and writes later
    fails at once if another process wrote in between.

    Raises:
        CannotRecord: the database refused (disk full, locked for too long, file gone or damaged).
        IntegrityError: a row contradicts another; the caller knows what that means.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise CannotRecord(f"{engine.url.database}: {error.orig}") from error


def _path_of(where: str | Path) -> Path:
    if isinstance(where, Path) or "://" not in where:
        return Path(where)
    try:
        url = make_url(where)
    except ArgumentError:
        raise InvalidInput.one(
            "the store", "its URL cannot be read", "write  sqlite:///path/to/file"
        ) from None
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        shown = url.render_as_string(hide_password=True)
        raise InvalidInput.one(
            "the store", f"'{shown}' is not a SQLite file", "write  sqlite:///path/to/file"
        )
    return Path(url.database)


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
        if _revision(connection, path) == HEAD:
            return
    from alembic import command  # takes half a second, and is needed only when the schema differs
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "agent_runtime.store:migrations")
    with engine.connect() as connection:
        # Takes the writer's lock before it looks (https://www.sqlite.org/lang_transaction.html).
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        stored = _revision(connection, path)
        if stored == HEAD:
            return  # another process was faster
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if stored is not None and stored not in known:
            raise InvalidInput.one(
                path,
                f"has schema '{stored}', newer than the '{HEAD}' that this version knows",
                "upgrade agentcrewops, or name another file",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
        connection.commit()


def _revision(connection: Connection, path: Path) -> str | None:
    """The stored schema revision; None if the database is empty."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise InvalidInput.one(path, "is a database of another program", "name a new file")
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")))
