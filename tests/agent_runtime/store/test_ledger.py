"""Spend caps that hold whatever runs at the same time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from agent_runtime.guard.budget import Ledger, OverBudget, Reservation
from agent_runtime.store.database import open_database
from agent_runtime.store.ledger import SqlLedger
from agent_runtime.store.tables import reservations, spend_day, spend_run


@pytest.fixture
def engine(where: str) -> Iterator[Engine]:
    engine = open_database(where)
    yield engine
    engine.dispose()


def committed(engine: Engine) -> list[tuple[str, str, int, int]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(spend_day).order_by(spend_day.c.day))]


def ledger(
    engine: Engine, per_run: int | None = 100, per_day: int | None = 150, scope: str = "run"
) -> Ledger:
    return SqlLedger(
        engine,
        scope,
        per_run_micros=per_run,
        per_day_micros=per_day,
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_a_call_is_reserved_and_then_settled_at_its_real_cost(engine: Engine) -> None:
    money = ledger(engine)
    reservation = money.reserve("r-1", 80)
    assert committed(engine) == [("run", "2026-01-02", 0, 80)]
    money.settle(reservation, 30)
    assert committed(engine) == [("run", "2026-01-02", 30, 0)]


def test_what_was_reserved_too_much_can_be_spent_by_the_next_call(engine: Engine) -> None:
    money = ledger(engine)
    money.settle(money.reserve("r-1", 100), 1)
    assert money.reserve("r-1", 99).amount_micros == 99


def test_a_run_over_its_cap_is_refused_and_nothing_is_reserved(engine: Engine) -> None:
    money = ledger(engine)
    money.reserve("r-1", 60)
    with pytest.raises(OverBudget) as error:
        money.reserve("r-1", 41)
    facts = error.value
    assert (facts.scope, facts.cap_micros, facts.committed_micros, facts.asked_micros) == ("run", 100, 60, 41)
    assert committed(engine) == [("run", "2026-01-02", 0, 60)]


def test_a_day_over_its_cap_refuses_another_run_and_charges_it_nothing(engine: Engine) -> None:
    money = ledger(engine)
    money.reserve("r-1", 90)
    with pytest.raises(OverBudget, match="day") as error:
        money.reserve("r-2", 61)
    assert (error.value.scope, error.value.committed_micros) == ("day", 90)
    with engine.connect() as connection:
        assert [row.run_id for row in connection.execute(select(spend_run))] == ["r-1"]
        assert connection.scalar(select(func.count()).select_from(reservations)) == 1


def test_the_cap_itself_may_be_spent(engine: Engine) -> None:
    assert ledger(engine).reserve("r-1", 100).amount_micros == 100


def test_without_caps_anything_goes_and_is_counted(engine: Engine) -> None:
    money = ledger(engine, None, None)
    money.settle(money.reserve("r-1", 10**12), 10**12)
    assert committed(engine) == [("run", "2026-01-02", 10**12, 0)]


def test_evaluations_spend_another_purse_than_production(engine: Engine) -> None:
    ledger(engine, scope="eval").reserve("r-1", 100)
    assert ledger(engine).reserve("r-1", 100).amount_micros == 100


def test_a_reservation_is_settled_once(engine: Engine) -> None:
    money = ledger(engine)
    reservation = money.reserve("r-1", 50)
    money.settle(reservation, 50)
    with pytest.raises(ValueError, match="is not open"):
        money.settle(reservation, 0)
    assert committed(engine) == [("run", "2026-01-02", 50, 0)]


def test_a_reservation_of_another_scope_is_not_settled(engine: Engine) -> None:
    reservation = ledger(engine).reserve("r-1", 50)
    with pytest.raises(ValueError, match="is not open"):
        ledger(engine, scope="eval").settle(reservation, 0)
    assert committed(engine) == [("run", "2026-01-02", 0, 50)]


def test_a_reservation_that_nobody_made_is_not_settled(engine: Engine) -> None:
    with pytest.raises(ValueError, match="is not open"):
        ledger(engine).settle(Reservation("nobody", "r-1", 50), 0)


def test_an_unknown_outcome_stays_charged_after_a_crash(where: str) -> None:
    code = (
        "import os, sys; from agent_runtime.store import open_store; "
        "open_store(sys.argv[1]).ledger('run', per_run_micros=100, per_day_micros=100).reserve('r-1', 70); "
        "os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, where], timeout=60, check=False).returncode == 9
    engine = open_database(where)
    assert [row[2:] for row in committed(engine)] == [(0, 70)]
    engine.dispose()


def test_the_day_is_the_utc_day_of_the_reservation(engine: Engine) -> None:
    now = [datetime(2026, 1, 2, 1, 30, tzinfo=timezone(timedelta(hours=2)))]
    money = SqlLedger(engine, "run", per_run_micros=None, per_day_micros=100, clock=lambda: now[0])
    reservation = money.reserve("r-1", 100)
    now[0] += timedelta(hours=2)
    money.reserve("r-1", 100)
    money.settle(reservation, 40)
    assert committed(engine) == [("run", "2026-01-01", 40, 0), ("run", "2026-01-02", 0, 100)]


def test_more_than_was_reserved_is_charged_as_it_is(engine: Engine) -> None:
    money = ledger(engine)
    money.settle(money.reserve("r-1", 10), 120)
    assert committed(engine) == [("run", "2026-01-02", 120, 0)]


def test_money_is_never_negative(engine: Engine) -> None:
    money = ledger(engine)
    with pytest.raises(ValueError, match="never negative"):
        money.reserve("r-1", -1)
    with pytest.raises(ValueError, match="never negative"):
        money.settle(money.reserve("r-1", 1), -1)


def test_many_threads_together_never_pass_the_day_cap(engine: Engine) -> None:
    money = ledger(engine, per_run=None, per_day=1_000)

    def call(number: int) -> int:
        try:
            reservation = money.reserve(f"r-{number % 5}", 30)
        except OverBudget:
            return 0
        money.settle(reservation, 25)
        return 25

    with ThreadPoolExecutor(32) as threads:
        spent = sum(threads.map(call, range(64)))
    assert committed(engine) == [("run", "2026-01-02", spent, 0)]
    assert 970 < spent <= 1_000


_SPEND = """
import sys
from agent_runtime.guard.budget import OverBudget
from agent_runtime.store import open_store
store = open_store(sys.argv[1])
money = store.ledger("run", per_run_micros=None, per_day_micros=1_000)
granted = 0
for _ in range(40):
    try:
        money.reserve("r-1", 30)
        granted += 1
    except OverBudget:
        pass
store.close()
print(granted)
"""


def test_many_processes_together_never_pass_the_day_cap(where: str) -> None:
    spenders = [
        subprocess.Popen([sys.executable, "-c", _SPEND, where], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert sum(int(spender.communicate(timeout=60)[0]) for spender in spenders) == 1_000 // 30


@given(calls=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_call_is_granted_exactly_if_it_fits_under_what_is_left(
    engine: Engine, calls: list[tuple[int, int]]
) -> None:
    # A purse of its own for each example: one database serves them all.
    money, spent = ledger(engine, 10_000, 100, scope=uuid4().hex), 0
    for amount, cost in calls:
        if spent + amount > 100:
            with pytest.raises(OverBudget):
                money.reserve("r-1", amount)
            continue
        money.settle(money.reserve("r-1", amount), cost)
        spent += cost
