"""The levels of the looks: against published tables, against scipy, and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from agent_runtime.statistics.boundaries import level_at, levels
from agent_runtime.statistics.looks import DEFAULT_LOOKS, HORIZON


def obrien_fleming(share: float) -> float:
    """Lan and DeMets' spending function for a one-sided error of 2.5 %."""
    return float(2 - 2 * scipy_stats.norm.cdf(scipy_stats.norm.ppf(0.9875) / math.sqrt(share)))


def test_the_published_boundaries_of_five_equal_looks_come_out() -> None:
    shares = tuple(number / 5 for number in range(1, 6))
    found = levels(shares, tuple(map(obrien_fleming, shares)))
    assert scipy_stats.norm.isf(found) == pytest.approx([4.877, 3.357, 2.680, 2.290, 2.031], abs=6e-4)


def test_a_single_look_has_all_that_is_spent() -> None:
    assert levels((7.5,), (0.05,)) == (0.05,)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.05, 3), min_size=2, max_size=4),
    st.lists(st.floats(1e-3, 0.02), min_size=4, max_size=4),
)
def test_crossings_add_up_to_what_is_spent(gains: list[float], steps: list[float]) -> None:
    informations, budget = np.cumsum([1.0, *gains])[: len(gains)], np.cumsum(steps)[: len(gains)]
    boundaries = scipy_stats.norm.isf(levels(tuple(informations.tolist()), tuple(budget.tolist())))
    correlation = np.sqrt(
        np.minimum.outer(informations, informations) / np.maximum.outer(informations, informations)
    )
    below = scipy_stats.multivariate_normal(cov=correlation, seed=1).cdf(boundaries)
    assert 1 - below == pytest.approx(budget[-1], abs=5e-4)


def test_a_look_that_adds_nothing_decides_nothing_and_its_share_goes_to_the_next() -> None:
    assert levels((1.0, 1.0, 2.0), (0.01, 0.02, 0.05))[1] == 0
    assert levels((1.0, 1.0, 2.0), (0.01, 0.02, 0.05))[2] == levels((1.0, 2.0), (0.01, 0.05))[1]


@pytest.mark.parametrize("baseline", [1, 10, 30, 1000])
def test_the_default_looks_never_err_more_than_five_percent_with_any_baseline(baseline: int) -> None:
    found = [level_of([baseline], DEFAULT_LOOKS[:count]) for count in range(1, 7)]
    assert all(0 < level < 0.05 for level in found)
    informations = np.array([1 / (1 / look + 1 / baseline) for look in DEFAULT_LOOKS])
    steps = np.diff(informations, prepend=0)
    walks = np.cumsum(np.random.default_rng(1).standard_normal((100_000, 6)) * np.sqrt(steps), axis=1)
    crossed = (walks / np.sqrt(informations) > scipy_stats.norm.isf(found)).any(axis=1)
    assert crossed.mean() == pytest.approx(0.05, abs=0.003)


def level_of(baseline: list[int], looks: tuple[int, ...]) -> float:
    return level_at(baseline, [[look] * len(baseline) for look in looks], looks[-1], HORIZON)


def test_a_single_look_at_the_horizon_has_the_whole_level() -> None:
    assert level_at([30, 30], [[10, 10]], 10, 10) == 0.05


def test_runs_that_an_outage_took_leave_less_to_spend() -> None:
    assert level_at([30, 30], [[5, 1]], 5, HORIZON) < level_at([30, 30], [[5, 5]], 5, HORIZON)


def test_an_outage_at_the_horizon_loses_no_error() -> None:
    assert level_at([30, 30], [[30, 20]], 30, HORIZON) == 0.05
