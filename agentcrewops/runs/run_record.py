"""What `run` kept of a run: its row in the store and its redacted record, read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import read_text, strict_json
from agent_runtime.store import Store, open_store

_LISTED = 5


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call of a tool, in the order they were made.

    Attributes:
        text: its result, redacted; of a refused call the reason.
        approval: grant or deny, as the person said; None if nobody was asked.
        ok: False if it was refused or failed.
    """

    tool: str
    text: str
    approval: str | None
    ok: bool


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One stored run. Its texts are redacted, and hostile."""

    run_id: str
    status: str
    stop: str
    input: str
    tool_uses: tuple[ToolUse, ...]


def read_run(state: Path, run_id: str) -> RunRecord:
    """The run of this id, in an agent's folder of rows and artifacts.

    Raises:
        InvalidInput: there is no such run, it is not over, or its record is gone or damaged.
    """
    database = state / "agentcrewops.db"
    if not database.exists():
        raise InvalidInput.one(database, "does not exist: no run was made here", "agentcrewops run …")
    store = open_store(database)
    try:
        row = store.run(run_id)
        if row is None:
            raise InvalidInput.one(database, f"holds no run {run_id!r}", _latest(store))
    finally:
        store.close()
    if row.artifact_uri is None:
        raise InvalidInput.one(database, f"run {run_id} was not finished, and kept no record", "run it again")
    return _record(state / "artifacts" / run_id / "run.json", run_id)


def _latest(store: Store) -> str:
    listed = [f"{run.run_id} ({run.status})" for run in store.runs(_LISTED)]
    return f"the latest are: {', '.join(listed)}" if listed else "agentcrewops run …"


def _record(path: Path, run_id: str) -> RunRecord:
    try:
        document = strict_json(read_text(path))
        # A conversation of several messages cannot be the input of a case.
        (asked,) = document["input"]
        return RunRecord(
            run_id=run_id,
            status=str(document["status"]),
            stop=str(document["stop"]),
            input=_text(asked),
            tool_uses=tuple(_tool_use(step) for step in document["steps"] if step["role"] == "tool"),
        )
    except (ValueError, KeyError, TypeError):
        raise InvalidInput.one(path, "is not the record of a run of one message") from None


def _tool_use(step: dict[str, Any]) -> ToolUse:
    flags = step["policy_flags"]
    approval = "grant" if "approval:granted" in flags else None
    # A denial weighs more: a step that has both flags was not carried out.
    approval = "deny" if "denied:approval_denied" in flags else approval
    return ToolUse(_text(step["tool"]), _text(step["text"]), approval, bool(step["ok"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
