"""The plan of looks, and how much error may be spent by each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.statistics.looks import DEFAULT_LOOKS, information, plan_looks, spent
from evals.results.records import first_runs
from tests.fakes.results import result


def test_the_default_looks_make_a_plan() -> None:
    plan = plan_looks(DEFAULT_LOOKS)
    assert (plan.looks, plan.horizon, plan.planned) == ((3, 5, 7, 10, 20, 30), 30, 10)


@pytest.mark.parametrize(
    ("looks", "reason"),
    [
        ((), "names no look"),
        ((0, 3), "1 is the fewest"),
        ((5, 3), "looks must rise"),
        ((3, 3), "looks must rise"),
        ((3, 31), "past the horizon of 30"),
        (range(1, 32), "31 looks"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_the_reason(looks: list[int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        plan_looks(looks, horizon=30)


@pytest.mark.parametrize(("runs", "following"), [(0, 3), (3, 5), (4, 5), (10, None), (12, None)])
def test_the_next_look_is_the_first_with_more_runs(runs: int, following: int | None) -> None:
    assert plan_looks((3, 5, 10)).next_after(runs) == following


def test_a_look_outside_the_plan_counts_among_those_so_far() -> None:
    assert plan_looks((3, 5, 10)).until(6) == (3, 5, 6)
    assert plan_looks((3, 5, 10)).until(5) == (3, 5)


@pytest.mark.parametrize(("looks", "planned"), [((3, 5), 5), ((3, 10, 20), 10), ((20, 30), 20)])
def test_savings_are_measured_against_the_runs_of_a_canary_without_looks(
    looks: tuple[int, ...], planned: int
) -> None:
    assert plan_looks(looks).planned == planned


def test_information_is_that_of_equal_runs_where_all_cases_have_as_many() -> None:
    assert information([30, 30], [10, 10]) == pytest.approx(1 / (1 / 10 + 1 / 30))
    assert information([30, 30], [10, 5]) < information([30, 30], [10, 10])


def test_a_case_without_a_run_counts_as_one_run() -> None:
    assert information([30], [0]) == information([30], [1])


def test_four_percent_are_spent_by_the_planned_runs_and_five_by_the_horizon() -> None:
    assert spent(7.5, 7.5, 15) == pytest.approx(0.04)
    assert spent(15, 7.5, 15) == pytest.approx(0.05)
    assert spent(3.75, 7.5, 15) == pytest.approx(0.01)


def test_a_horizon_within_the_planned_runs_has_all_error_spent_by_then() -> None:
    assert spent(5, 5, 5) == pytest.approx(0.05)
    assert spent(2.5, 5, 5) == pytest.approx(0.0125)


@given(st.floats(0.01, 20), st.floats(0.01, 20), st.floats(1, 10), st.floats(1, 3))
def test_more_information_never_spends_less(one: float, other: float, planned: float, factor: float) -> None:
    less, more = sorted((one, other))
    horizon = planned * factor
    assert 0 < spent(less, planned, horizon) <= spent(more, planned, horizon) <= 0.05


def test_the_first_runs_go_by_their_index() -> None:
    [case] = first_runs(result({"a": "+-+-+"}), 3).cases
    assert [sample.sample_index for sample in case.samples] == [0, 1, 2]
