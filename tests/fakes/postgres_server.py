"""A real PostgreSQL on loopback, thrown away afterwards (Debian: apt-get install postgresql)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

_DEBIAN = Path("/usr/lib/postgresql")
_OWNER = "postgres"
"""Who runs it where we are root, which PostgreSQL refuses to be."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server that trusts whoever reaches its loopback port."""

    programs: Path
    data: Path
    port: int

    def new_database(self) -> str:
        """The URL of a database that nothing is in."""
        name = f"test_{uuid4().hex[:12]}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return f"postgresql://{_OWNER}@127.0.0.1:{self.port}/{name}"

    def sql(self, database: str, statement: str) -> str:
        """What psql prints for one statement, run as the superuser."""
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", _OWNER, "-d", database)
        words = (str(self.programs / "psql"), *where, "-qAt", "-v", "ON_ERROR_STOP=1", "-c", statement)
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()

    def restart(self) -> None:
        """Cut every connection, as an upgrade of the machine does."""
        _as_owner([self.programs / "pg_ctl", "-D", self.data, "-w", "-m", "immediate", "restart"])


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server with an empty cluster.

    Raises:
        RuntimeError: PostgreSQL is not installed; a test that needs it never skips.
    """
    programs = _programs()
    # Not pytest's own folder: a private one of root's, which the server's user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    data, port = folder / "data", _free_port()
    server = PostgresServer(programs, data, port)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _OWNER)
        _as_owner([programs / "initdb", "-D", data, "-U", _OWNER, "-A", "trust", "--no-sync"])
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=on"
        log = folder / "log"
        _as_owner([programs / "pg_ctl", "-D", data, "-w", "-o", settings, "-l", log, "start"])
        yield server
    finally:
        _as_owner([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    if (found := shutil.which("pg_ctl")) is not None:
        return Path(found).resolve().parent
    for version in sorted(_DEBIAN.glob("*/bin"), reverse=True):
        if (version / "pg_ctl").exists():
            return version
    raise RuntimeError("PostgreSQL is missing (Debian: apt-get install postgresql)")


def _as_owner(words: list[str | Path], *, check: bool = True) -> None:
    user = _OWNER if os.geteuid() == 0 else None
    subprocess.run(words, stdout=subprocess.DEVNULL, timeout=120, check=check, cwd="/", user=user)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
