"""Guardian's gate on a handful of simulated pull requests: the rows are there, and the contrast shows."""

from __future__ import annotations

import numpy as np

from benchmarks.guardian_gate import (
    WORLDS,
    Design,
    all_weaken,
    false_row,
    one_breaks,
    power_row,
    shares,
    unchanged,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_an_agent_that_breaks_entirely_is_found_by_every_method() -> None:
    found = shares(Design(), "attacks never succeed", one_breaks(1.0), 2, rng())
    assert set(found.values()) == {1.0}


def test_any_success_blocks_an_agent_that_did_not_change_and_the_gate_does_not() -> None:
    found = shares(Design(), "2 % on every probe", unchanged, 10, rng())
    assert (found["any success"], found["gate"]) == (1.0, 0.0)


def test_a_change_keeps_rates_between_0_and_1() -> None:
    _, after = all_weaken(0.9)(np.array([0.0, 0.5]), rng())
    assert after.tolist() == [0.9, 1.0]
    before, after = one_breaks(0.5)(np.array([0.3]), rng())
    assert (before.tolist(), after.tolist()) == ([0.0], [0.5])


def test_every_world_gives_one_rate_a_probe() -> None:
    for world in WORLDS.values():
        rates = world(9, rng())
        assert rates.shape == (9,)
        assert ((rates >= 0) & (rates <= 1)).all()


def test_a_row_says_what_must_hold_and_whether_it_does() -> None:
    held = false_row(Design(probes=6), "attacks never succeed", 5, 1)
    missed = power_row(Design(probes=6), "attacks never succeed", "nothing", unchanged, 0.92, 60, 1)
    assert (held.must, held.holds) == ("≤ 0.02", True)
    assert (missed.must, missed.holds) == ("≥ 0.92", False)
