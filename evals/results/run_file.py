"""run.json: when, and on what, a result was measured. It stands beside the others: equal runs, equal bytes."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from agent_runtime.files.documents import parse, read_json
from evals.results.files import write_lines

NAME = "run.json"


class RunFile(BaseModel):
    """What the file holds; keys that a later version adds are ignored."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    started_at: AwareDatetime
    ended_at: AwareDatetime
    python: str = ""
    system: str = ""


def now() -> datetime:
    """This second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def write_run_file(folder: Path, started_at: datetime) -> None:
    """Note in `folder` that what is there was measured from `started_at` until now, on this machine."""
    facts = RunFile(
        started_at=started_at,
        ended_at=now(),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
    )
    write_lines(folder / NAME, [facts.model_dump_json(indent=1)])


def read_run_file(folder: Path) -> RunFile | None:
    """What the folder's run.json says; None if it has none.

    Raises:
        InvalidInput: if there is one that says nothing.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    return parse(read_json(path, "delete it: the day is then taken from the folder's name"), RunFile)
