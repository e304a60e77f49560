"""Opening, making and updating a SQLite file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from agent_runtime.errors import InvalidInput
from agent_runtime.store import open_store
from agent_runtime.store.database import open_database
from agent_runtime.store.tables import HEAD, metadata

_OPEN = "import sys; from agent_runtime.store import open_store; open_store(sys.argv[1]).close()"


def make(path: Path) -> Path:
    open_store(path).close()
    return path


def pragma(path: Path, name: str) -> object:
    engine = open_database(path)
    with engine.connect() as connection:
        value: object = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
    engine.dispose()
    return value


def test_the_known_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "agent_runtime.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "a.sqlite")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 1), ("busy_timeout", 30_000)],
)
def test_sqlite_is_set_up_for_many_readers_and_a_writer(tmp_path: Path, name: str, value: object) -> None:
    assert pragma(tmp_path / "a.sqlite", name) == value


def test_missing_folders_are_made_and_only_the_owner_may_read(tmp_path: Path) -> None:
    path = make(tmp_path / "new" / "a.sqlite")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_sqlite_url_names_the_same_file_as_its_path(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/a.sqlite").close()
    assert (tmp_path / "a.sqlite").exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary, " * 100)
    with pytest.raises(InvalidInput, match=r"notes\.txt: .*file is not a database"):
        open_store(path)
    assert path.read_text() == "dear diary, " * 100


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "app.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE customers (id)")
    with pytest.raises(InvalidInput, match="another program"):
        open_store(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]


@pytest.mark.parametrize("path", ["/proc/a.sqlite", "/proc/folder/a.sqlite"])
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that refuses even root")
def test_a_folder_that_takes_no_files_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="name a new file in a folder you may write to"):
        open_store(path)


def test_a_folder_is_not_a_database(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be used as a store"):
        open_store(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be opened"):
        open_store(tmp_path / "file" / "a.sqlite")


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.sqlite")
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(
        InvalidInput, match=r"has schema '9999', newer than the '0001'.*\n.*upgrade agentcrewops"
    ):
        open_store(path)


def test_an_up_to_date_database_opens_without_alembic(tmp_path: Path) -> None:
    path = make(tmp_path / "a.sqlite")
    code = f"{_OPEN}; assert 'sqlalchemy' in sys.modules; assert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, path], check=True, timeout=60)


def test_the_package_is_light_until_a_store_is_opened() -> None:
    code = (
        "import sys, agent_runtime.store, agent_runtime.store.interface; "
        "assert not {'sqlalchemy', 'alembic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_processes_that_make_the_database_at_once_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    openers = [subprocess.Popen([sys.executable, "-c", _OPEN, path]) for _ in range(4)]
    assert [opener.wait(timeout=60) for opener in openers] == [0, 0, 0, 0]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_opening_does_not_drop_the_locks_of_a_store_that_is_open(tmp_path: Path) -> None:
    path = make(tmp_path / "a.sqlite")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        make(path)
        code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
        other = subprocess.run(
            [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60, check=False
        )
    assert "database is locked" in other.stderr
