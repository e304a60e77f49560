"""The schema of a database: which it has, and how it is brought to the newest, alike on SQLite and Postgres."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from agent_runtime.errors import InvalidInput
from agent_runtime.store.tables import HEAD


def revision(connection: Connection, database: str | Path) -> str | None:
    """The stored revision; None if the database is empty.

    Raises:
        InvalidInput: its tables are not ours.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise InvalidInput.one(database, "is a database of another program", "name a new one")
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def upgrade(connection: Connection, database: str | Path) -> None:
    """Run what is missing of the migrations, on a connection that holds the lock against other processes.

    Raises:
        InvalidInput: the schema is newer than this version knows.
    """
    stored = revision(connection, database)
    if stored == HEAD:
        return  # another process was faster
    # Alembic takes half a second to load, and is needed only when the schema differs.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "agent_runtime.store:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if stored is not None and stored not in known:
        raise InvalidInput.one(
            database,
            f"has schema '{stored}', newer than the '{HEAD}' that this version knows",
            "upgrade agentcrewops, or name another database",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
