"""Rows: runs, steps and money, in one schema."""

from __future__ import annotations

from pathlib import Path

from agent_runtime.store.interface import CannotRecord, Store

__all__ = ["CannotRecord", "Store", "open_store"]


def open_store(where: str | Path) -> Store:
    """Open the database at a path or a `sqlite:///…` URL; make it if it is not there, update it if it is old.

    Raises:
        InvalidInput: it cannot be written, is not ours, or was made by a newer version.
    """
    from agent_runtime.store.sql import SqlStore  # SQLAlchemy takes a third of a second

    return SqlStore.at(where)
