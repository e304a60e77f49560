"""The schema, alike on SQLite and Postgres.

Money is whole micro-dollars in BIGINT. Times are ISO 8601 text in UTC and days `YYYY-MM-DD`: both sort as
they should, and neither database gets to reinterpret them. A change here needs a migration and a new `HEAD`.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from agent_runtime.store.rows import label

HEAD = "0001"
"""The revision of the newest migration, so that opening an up-to-date database need not load Alembic."""


class Label(TypeDecorator[str]):
    """A short text that may come from a model, such as a tool's name: cut, and made storable."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it is stored."""
        return None if value is None else label(value)


metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("run_id", Label, primary_key=True),
    Column("agent_name", Label, nullable=False),
    Column("start_ts", Text, nullable=False),
    Column("end_ts", Text),
    Column("status", Text, nullable=False),
    Column("stop", Text),
    Column("tokens", BigInteger, nullable=False),
    Column("cost_micros", BigInteger, nullable=False),
    Column("manifest_fingerprint", Text, nullable=False),
    Column("artifact_uri", Text),
    Column("simulated", Boolean, nullable=False),
    Index("runs_by_start", "start_ts"),
)

steps = Table(
    "steps",
    metadata,
    Column("run_id", Label, ForeignKey("runs.run_id"), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("role", Text, nullable=False),
    Column("tool", Label),
    Column("latency_ms", Float, nullable=False),
    Column("retry_count", Integer, nullable=False),
    Column("policy_flags", JSON, nullable=False),
    Column("span_id", Text),
    Column("ok", Boolean, nullable=False),
    Column("failure", Label),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_micros", BigInteger, nullable=False),
)

# Spent and reserved are micro-dollars; together they never pass the cap.
spend_day = Table(
    "spend_day",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("spent", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
)

spend_run = Table(
    "spend_run",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("run_id", Label, primary_key=True),
    Column("spent", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
)

# One row for each call whose cost is not known yet. What a crash leaves here stays charged.
reservations = Table(
    "reservations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("run_id", Label, nullable=False),
    Column("day", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
)
