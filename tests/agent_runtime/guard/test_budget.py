"""Money: rounded up, reserved at the worst case, and never over a cap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.agent.policy import Price
from agent_runtime.guard.budget import (
    MemoryLedger,
    OverBudget,
    Reservation,
    cost_micros,
    micros_of,
    worst_case_micros,
)
from agent_runtime.records import Usage

MINI = Price(input_per_mtok=Decimal("0.4"), output_per_mtok=Decimal("1.6"))


def test_a_million_tokens_cost_the_price() -> None:
    assert cost_micros(Usage(1_000_000, 0), MINI) == 400_000
    assert cost_micros(Usage(0, 1_000_000), MINI) == 1_600_000


def test_a_fraction_of_a_micro_dollar_is_rounded_up_once_per_call() -> None:
    assert cost_micros(Usage(1, 0), MINI) == 1
    assert cost_micros(Usage(1, 1), MINI) == 2
    assert cost_micros(Usage(), MINI) == 0


def test_dollars_become_whole_micro_dollars_never_more() -> None:
    assert micros_of(Decimal("0.25")) == 250_000
    assert micros_of(Decimal("0.0000019")) == 1


@given(st.text(), st.integers(0, 10_000))
def test_the_worst_case_is_no_less_than_any_outcome(prompt: str, output: int) -> None:
    size = len(prompt.encode("utf-8", "surrogatepass"))
    assert worst_case_micros(size, 10_000, MINI) >= cost_micros(Usage(len(prompt), output), MINI)


def test_a_reservation_fits_up_to_the_cap_and_not_beyond() -> None:
    ledger = MemoryLedger(per_run_micros=100)
    ledger.reserve("r1", 60)
    ledger.reserve("r1", 40)
    with pytest.raises(OverBudget) as caught:
        ledger.reserve("r1", 1)
    assert (caught.value.scope, caught.value.cap_micros) == ("run", 100)
    assert (caught.value.committed_micros, caught.value.asked_micros) == (100, 1)


def test_each_run_has_its_own_cap_and_all_share_the_day() -> None:
    ledger = MemoryLedger(per_run_micros=100, per_day_micros=150)
    ledger.reserve("r1", 100)
    ledger.reserve("r2", 50)
    with pytest.raises(OverBudget) as caught:
        ledger.reserve("r3", 1)
    assert caught.value.scope == "day"


def test_a_refused_reservation_leaves_nothing_behind() -> None:
    ledger = MemoryLedger(per_run_micros=100, per_day_micros=50)
    with pytest.raises(OverBudget):
        ledger.reserve("r1", 60)
    assert ledger.committed_micros == 0
    assert ledger.reserve("r1", 50).amount_micros == 50


def test_settling_gives_back_what_was_not_spent() -> None:
    ledger = MemoryLedger(per_run_micros=100)
    ledger.settle(ledger.reserve("r1", 100), 30)
    assert ledger.committed_micros == 30
    ledger.reserve("r1", 70)


def test_a_call_that_cost_more_than_its_worst_case_is_charged_in_full() -> None:
    ledger = MemoryLedger(per_run_micros=100)
    ledger.settle(ledger.reserve("r1", 10), 120)
    with pytest.raises(OverBudget):
        ledger.reserve("r1", 0)


def test_a_reservation_is_settled_once() -> None:
    ledger = MemoryLedger()
    reservation = ledger.reserve("r1", 10)
    ledger.settle(reservation, 5)
    with pytest.raises(ValueError, match="not open"):
        ledger.settle(reservation, 5)


def test_a_forged_reservation_gives_nothing_back() -> None:
    ledger = MemoryLedger()
    real = ledger.reserve("r1", 10)
    with pytest.raises(ValueError, match="not open"):
        ledger.settle(Reservation(real.id, "r1", 1_000_000), 0)
    assert ledger.committed_micros == 10


def test_money_is_never_negative() -> None:
    ledger = MemoryLedger()
    with pytest.raises(ValueError, match="never negative"):
        ledger.reserve("r1", -1)
    with pytest.raises(ValueError, match="never negative"):
        ledger.settle(ledger.reserve("r1", 1), -1)


def test_the_error_says_which_budget_how_much_and_what_to_do() -> None:
    with pytest.raises(OverBudget) as caught:
        MemoryLedger(per_day_micros=2_000_000, scope="eval").reserve("r1", 2_500_000)
    message = str(caught.value)
    assert message.startswith("the eval budget of $2 does not cover the next call: $0 is spent or reserved")
    assert "up to $2.5" in message
    assert "fix: raise the cap" in message


def test_concurrent_reservations_never_pass_the_cap() -> None:
    ledger = MemoryLedger(per_day_micros=1000)

    def spend(number: int) -> int:
        try:
            ledger.settle(ledger.reserve(f"r{number}", 7), 5)
        except OverBudget:
            return 0
        return 5

    with ThreadPoolExecutor(16) as pool:
        spent = sum(pool.map(spend, range(400)))
    assert spent == ledger.committed_micros
    assert 990 <= spent <= 1000


@given(st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1)), max_size=30))
def test_what_is_committed_stays_under_the_cap_while_calls_keep_their_worst_case(
    calls: list[tuple[int, float]],
) -> None:
    ledger = MemoryLedger(per_run_micros=100)
    for worst, share in calls:
        with suppress(OverBudget):
            ledger.settle(ledger.reserve("r1", worst), int(worst * share))
        assert ledger.committed_micros <= 100
