"""What only a Postgres does: other tables beside ours, many who migrate at once, connections that are cut."""

from __future__ import annotations

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from agent_runtime.errors import InvalidInput
from agent_runtime.records import Run, RunStatus
from agent_runtime.store import open_store
from agent_runtime.store.database import open_database
from agent_runtime.store.tables import HEAD, metadata
from tests.fakes.postgres_server import PostgresServer

pytestmark = pytest.mark.services

_OPEN = "import sys; from agent_runtime.store import open_store; open_store(sys.argv[1]).close()"
RUN = Run("r-1", "support-triage", "2026-01-02T03:04:05+00:00", None, RunStatus.RUNNING, 0, 0.0, "f" * 64)


def name_of(where: str) -> str:
    return where.rpartition("/")[2]


def test_the_migrations_make_exactly_the_tables(where: str) -> None:
    engine = open_database(where)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_our_tables_stand_in_a_schema_of_their_own(where: str, postgres: PostgresServer) -> None:
    postgres.sql(name_of(where), "CREATE TABLE runs (theirs int)")
    open_store(where).close()
    assert postgres.sql(name_of(where), "SELECT theirs FROM public.runs") == ""
    assert postgres.sql(name_of(where), "SELECT version_num FROM agentcrewops.alembic_version") == HEAD


def test_processes_that_make_the_schema_at_once_all_succeed(where: str) -> None:
    openers = [subprocess.Popen([sys.executable, "-c", _OPEN, where]) for _ in range(4)]
    assert [opener.wait(timeout=60) for opener in openers] == [0, 0, 0, 0]


def test_a_schema_of_a_newer_version_is_refused(where: str, postgres: PostgresServer) -> None:
    open_store(where).close()
    postgres.sql(name_of(where), "UPDATE agentcrewops.alembic_version SET version_num = '9999'")
    with pytest.raises(InvalidInput, match=r"has schema '9999', newer than"):
        open_store(where)


def test_a_user_who_may_not_make_tables_is_told_so(where: str, postgres: PostgresServer) -> None:
    postgres.sql("postgres", "DROP ROLE IF EXISTS reader")
    postgres.sql("postgres", "CREATE ROLE reader LOGIN")
    with pytest.raises(InvalidInput, match="permission denied for database"):
        open_store(where.replace("postgres@", "reader@"))


def test_a_server_that_was_restarted_loses_no_later_row(where: str, postgres: PostgresServer) -> None:
    store = open_store(where)
    store.start_run(RUN)
    postgres.restart()
    store.finish_run("r-1", RunStatus.SUCCEEDED, stop="answered", end_ts="2026-01-02T03:04:09+00:00")
    finished = store.run("r-1")
    store.close()
    assert finished is not None
    assert finished.status is RunStatus.SUCCEEDED


def test_the_day_of_money_is_the_servers_not_this_machines(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(where)
    with engine.connect() as connection:
        today = str(connection.exec_driver_sql("SELECT (now() AT TIME ZONE 'UTC')::date").scalar())
    engine.dispose()
    monkeypatch.setattr(
        "agent_runtime.store.ledger.utc_now", lambda: pytest.fail("asked this machine's clock")
    )
    store = open_store(where)
    store.ledger("run", per_run_micros=None, per_day_micros=100).reserve("r-1", 70)
    store.close()
    engine = open_database(where)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT day FROM spend_day").scalar() == today
    engine.dispose()
