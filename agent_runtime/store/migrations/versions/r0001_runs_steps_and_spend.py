"""Runs, steps, and the money they cost."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first five tables."""
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("agent_name", sa.Text, nullable=False),
        sa.Column("start_ts", sa.Text, nullable=False),
        sa.Column("end_ts", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("stop", sa.Text),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("cost_micros", sa.BigInteger, nullable=False),
        sa.Column("manifest_fingerprint", sa.Text, nullable=False),
        sa.Column("artifact_uri", sa.Text),
        sa.Column("simulated", sa.Boolean, nullable=False),
    )
    op.create_index("runs_by_start", "runs", ["start_ts"])
    op.create_table(
        "steps",
        sa.Column("run_id", sa.Text, sa.ForeignKey("runs.run_id"), primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("tool", sa.Text),
        sa.Column("latency_ms", sa.Float, nullable=False),
        sa.Column("retry_count", sa.Integer, nullable=False),
        sa.Column("policy_flags", sa.JSON, nullable=False),
        sa.Column("span_id", sa.Text),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("input_tokens", sa.BigInteger, nullable=False),
        sa.Column("output_tokens", sa.BigInteger, nullable=False),
        sa.Column("cost_micros", sa.BigInteger, nullable=False),
    )
    for table, key in (("spend_day", "day"), ("spend_run", "run_id")):
        op.create_table(
            table,
            sa.Column("scope", sa.Text, primary_key=True),
            sa.Column(key, sa.Text, primary_key=True),
            sa.Column("spent", sa.BigInteger, nullable=False),
            sa.Column("reserved", sa.BigInteger, nullable=False),
        )
    op.create_table(
        "reservations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
    )
