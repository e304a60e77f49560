"""A stored run, read back: its texts are redacted, and its record may be damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from agent_runtime.records import Run, RunStatus
from agent_runtime.store import open_store
from agentcrewops.runs.run_record import read_run

RECORD: dict[str, Any] = {"status": "succeeded", "stop": "done", "input": ["hi"], "steps": []}


def tool_step(*flags: str, ok: bool = True) -> dict[str, Any]:
    return {"role": "tool", "tool": "refund", "text": "done", "policy_flags": list(flags), "ok": ok}


def stored(folder: Path, record: Any = None, *, finished: bool = True) -> Path:
    """A folder with the row of one run, and its record if there is one."""
    store = open_store(folder / "agentcrewops.db")
    try:
        store.start_run(Run("run-1", "triage", "2026-01-01T00:00:00Z", None, RunStatus.RUNNING, 0, 0.0, "f"))
        if finished:
            store.finish_run(
                "run-1",
                RunStatus.SUCCEEDED,
                end_ts="2026-01-01T00:00:01Z",
                stop="done",
                artifact_uri="file:///x",
            )
    finally:
        store.close()
    if record is not None:
        file = folder / "artifacts/run-1/run.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(record))
    return folder


def test_a_run_is_read_back_with_the_calls_of_its_tools(tmp_path: Path) -> None:
    steps = [{"role": "plan"}, tool_step("approval:granted"), tool_step("denied:approval_denied", ok=False)]
    run = read_run(stored(tmp_path, RECORD | {"steps": steps}), "run-1")
    assert (run.input, run.status) == ("hi", "succeeded")
    assert [(use.tool, use.approval, use.ok) for use in run.tool_uses] == [
        ("refund", "grant", True),
        ("refund", "deny", False),
    ]


def test_a_call_that_nobody_was_asked_about_has_no_approval(tmp_path: Path) -> None:
    [use] = read_run(stored(tmp_path, RECORD | {"steps": [tool_step()]}), "run-1").tool_uses
    assert use.approval is None


def test_where_no_run_was_made_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no run was made here"):
        read_run(tmp_path, "run-1")


def test_an_unknown_run_is_told_with_the_latest(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"the latest are: run-1 \(succeeded\)"):
        read_run(stored(tmp_path, RECORD), "run-2")


def test_a_run_that_was_not_finished_kept_no_record(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="was not finished"):
        read_run(stored(tmp_path, finished=False), "run-1")


@pytest.mark.parametrize(
    "record",
    [
        [],
        {},
        RECORD | {"input": ["hi", "ho"]},
        RECORD | {"input": [7]},
        RECORD | {"steps": [tool_step() | {"text": None}]},
        RECORD | {"steps": [{"role": "tool"}]},
    ],
)
def test_a_record_that_is_none_is_refused(tmp_path: Path, record: Any) -> None:
    with pytest.raises(InvalidInput, match="is not the record of a run of one message"):
        read_run(stored(tmp_path, record), "run-1")
