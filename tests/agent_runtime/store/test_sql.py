"""Runs and steps as rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from agent_runtime.records import Role, Run, RunStatus, Step, ToolCall, Usage
from agent_runtime.store import CannotRecord, Store, open_store
from agent_runtime.store.database import open_database
from agent_runtime.store.tables import metadata

RUN = Run("r-1", "support-triage", "2026-01-02T03:04:05+00:00", None, RunStatus.RUNNING, 0, 0.0, "f" * 64)
STEP = Step(
    "r-1",
    0,
    Role.PLAN,
    tool="kb.search",
    latency_ms=12.5,
    retry_count=1,
    policy_flags=("denied:unknown_tool", "redacted:email"),
    span_id="00f067aa0ba902b7",
    ok=False,
    failure="denied",
    usage=Usage(100, 20),
    cost_micros=61,
)


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    store = open_store(where)
    yield store
    store.close()


def test_a_run_comes_back_as_it_was_written(store: Store) -> None:
    run = replace(RUN, tokens=7, cost_usd=0.000123, simulated=True)
    store.start_run(run)
    assert store.run("r-1") == run


def test_an_unknown_run_is_none_and_has_no_steps(store: Store) -> None:
    assert store.run("nobody") is None
    assert store.steps("nobody") == ()


def test_a_step_comes_back_as_it_was_written(store: Store) -> None:
    store.start_run(RUN)
    store.record_step(STEP)
    assert store.steps("r-1") == (STEP,)


def test_steps_come_back_in_order_of_their_index(store: Store) -> None:
    store.start_run(RUN)
    for index in (2, 0, 1):
        store.record_step(replace(STEP, index=index))
    assert [step.index for step in store.steps("r-1")] == [0, 1, 2]


def test_each_step_adds_its_tokens_and_cost_to_its_run(store: Store) -> None:
    store.start_run(RUN)
    store.record_step(STEP)
    store.record_step(replace(STEP, index=1, usage=Usage(1, 2), cost_micros=9))
    run = store.run("r-1")
    assert run is not None
    assert (run.tokens, run.cost_usd) == (123, 0.00007)


def test_a_step_written_twice_is_refused_and_not_charged_twice(store: Store) -> None:
    store.start_run(RUN)
    store.record_step(STEP)
    with pytest.raises(CannotRecord, match="step 0 of run r-1 is recorded already"):
        store.record_step(STEP)
    run = store.run("r-1")
    assert run is not None
    assert run.tokens == 120


def test_a_step_of_an_unknown_run_is_refused(store: Store) -> None:
    with pytest.raises(CannotRecord, match="run r-1 is unknown or over"):
        store.record_step(STEP)


def test_a_run_written_twice_is_refused(store: Store) -> None:
    store.start_run(RUN)
    with pytest.raises(CannotRecord, match="run r-1 is recorded already"):
        store.start_run(RUN)


def test_a_finished_run_says_how_it_ended(store: Store) -> None:
    store.start_run(RUN)
    end = "2026-01-02T03:04:09+00:00"
    store.finish_run("r-1", RunStatus.SUCCEEDED, stop="answered", end_ts=end, artifact_uri="file:///a")
    expected = replace(RUN, status=RunStatus.SUCCEEDED, stop="answered", end_ts=end, artifact_uri="file:///a")
    assert store.run("r-1") == expected


def test_a_finished_run_neither_ends_again_nor_takes_a_step(store: Store) -> None:
    store.start_run(RUN)
    store.finish_run("r-1", RunStatus.FAILED, stop="model", end_ts="2026-01-02T03:04:09+00:00")
    with pytest.raises(CannotRecord):
        store.finish_run("r-1", RunStatus.SUCCEEDED, stop="answered", end_ts="2026-01-02T03:04:10+00:00")
    with pytest.raises(CannotRecord):
        store.record_step(STEP)


def test_a_run_that_waits_for_an_approval_goes_on(store: Store) -> None:
    store.start_run(RUN)
    store.finish_run("r-1", RunStatus.WAITING_APPROVAL, stop="approval", end_ts=None)
    store.record_step(STEP)
    run = store.run("r-1")
    assert run is not None
    assert run.status is RunStatus.WAITING_APPROVAL


def test_runs_are_listed_newest_first_up_to_a_limit(store: Store) -> None:
    for day in (1, 3, 2):
        store.start_run(replace(RUN, run_id=f"r-{day}", start_ts=f"2026-01-0{day}T00:00:00+00:00"))
    assert [run.run_id for run in store.runs(2)] == ["r-3", "r-2"]


def test_a_tool_name_invented_by_a_model_is_cut_and_made_storable(store: Store) -> None:
    store.start_run(RUN)
    store.record_step(replace(STEP, tool="\ud800\0" + "x" * 5_000))
    (step,) = store.steps("r-1")
    assert step.tool == "?" + "x" * 198


@given(tool=st.text(st.characters(), max_size=300), flags=st.lists(st.text(max_size=20), max_size=3))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_label_can_be_stored(store: Store, tool: str, flags: list[str]) -> None:
    index = len(store.steps("r-1"))
    if index == 0:
        store.start_run(RUN)
    store.record_step(replace(STEP, index=index, tool=tool, policy_flags=tuple(flags)))
    assert store.steps("r-1")[-1].policy_flags == tuple(flags)


def test_no_content_reaches_the_database(store: Store, where: str) -> None:
    call = ToolCall("c-1", "kb.search", '{"query": "PLANTED-secret"}')
    store.start_run(RUN)
    store.record_step(replace(STEP, text="PLANTED-secret", calls=(call,), call=call))
    engine = open_database(where)
    with engine.connect() as connection:
        written = str([list(connection.execute(select(table))) for table in metadata.sorted_tables])
    engine.dispose()
    assert "kb.search" in written
    assert "PLANTED" not in written


def test_a_database_that_stops_taking_writes_is_said_plainly(store: Store, where: str) -> None:
    engine = open_database(where)
    metadata.drop_all(engine)
    engine.dispose()
    with pytest.raises(CannotRecord, match=r'no such table: runs|relation "runs" does not exist'):
        store.start_run(RUN)
