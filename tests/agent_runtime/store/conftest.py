"""The store's tests run on SQLite, and with `--services` on a real PostgreSQL instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer | None]:
    """One server for all tests; None unless the run asks for it."""
    if not request.config.getoption("--services"):
        yield None
        return
    with postgres_server() as server:
        yield server


@pytest.fixture
def where(tmp_path: Path, postgres: PostgresServer | None) -> str:
    """Where an empty database is."""
    return str(tmp_path / "a.sqlite") if postgres is None else postgres.new_database()
