"""The spending cap: what may start, and what is counted."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from evals.sampling.spending import SpendingCap
from tests.fakes.scripted_target import broken, completed


@given(
    st.floats(0.01, 5.0),
    st.floats(0.01, 1.0),
    st.lists(st.floats(0.0, 1.0), max_size=40),
    st.integers(1, 8),
)
def test_with_a_true_worst_case_the_cap_is_never_passed(
    max_usd: float, worst: float, shares: list[float], workers: int
) -> None:
    cap = SpendingCap(max_usd, worst)

    async def work(costs: list[float]) -> None:
        while costs and await cap.reserve():
            await asyncio.sleep(0)
            cap.charge(completed(cost_usd=costs.pop() if costs else 0.0))
            cap.release()

    async def spend() -> None:
        costs = [worst * share for share in shares]
        await asyncio.gather(*(work(costs) for _ in range(workers)))

    asyncio.run(spend())
    assert cap.spent_usd <= max_usd + 1e-6


def test_no_cap_lets_everything_start_at_once() -> None:
    async def start() -> list[bool]:
        cap = SpendingCap(None, 100.0)
        return [await cap.reserve() for _ in range(1000)]

    assert all(asyncio.run(start()))


def test_a_run_waits_for_room_instead_of_giving_up() -> None:
    async def second() -> bool:
        cap = SpendingCap(1.0, 0.75)
        await cap.reserve()
        waiting = asyncio.create_task(cap.reserve())
        await asyncio.sleep(0)
        assert not waiting.done()
        cap.charge(completed(cost_usd=0.1))
        cap.release()
        return await waiting

    assert asyncio.run(second())


def test_a_run_of_unknown_cost_is_counted_at_the_mean_and_mentioned() -> None:
    cap = SpendingCap(10.0, None)
    for cost in (0.2, 0.4, None):
        cap.charge(completed(cost_usd=cost))
    assert round(cap.spent_usd, 9) == 0.9
    assert cap.warning is not None
    assert cap.warning.startswith("1 of 3 runs did not report their cost")


def test_broken_infrastructure_costs_nothing_unless_it_says_so() -> None:
    cap = SpendingCap(10.0, 1.0)
    cap.charge(broken())
    assert (cap.spent_usd, cap.warning) == (0.0, None)
