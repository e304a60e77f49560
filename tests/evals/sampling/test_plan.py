"""Which runs are made, in which order, and with which seeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.sampling.plan import plan_runs, sample_seed
from tests.fakes.scripted_target import cases


def test_a_run_of_every_case_comes_before_the_next_of_any() -> None:
    keys = [planned.key for planned in plan_runs(cases(3), 0, 2)]
    assert keys == [("c0", 0), ("c1", 0), ("c2", 0), ("c0", 1), ("c1", 1), ("c2", 1)]


def test_a_plan_in_two_parts_is_the_whole_plan() -> None:
    whole = plan_runs(cases(3), 0, 7)
    assert [*plan_runs(cases(3), 0, 4), *plan_runs(cases(3), 4, 7)] == whole
    assert plan_runs(cases(3), 7, 7) == []


@given(st.integers(), st.none() | st.text(), st.text(), st.integers(0, 9999))
def test_a_seed_fits_a_signed_integer_of_64_bits_and_comes_again(
    seed: int, fingerprint: str | None, case_id: str, index: int
) -> None:
    drawn = sample_seed(seed, fingerprint, case_id, index)
    assert 0 <= drawn < 2**63
    assert drawn == sample_seed(seed, fingerprint, case_id, index)


@pytest.mark.parametrize(
    "other", [(2, "f", "a", 0), (1, "g", "a", 0), (1, None, "a", 0), (1, "f", "b", 0), (1, "f", "a", 1)]
)
def test_whatever_names_the_run_differently_draws_another_seed(
    other: tuple[int, str | None, str, int],
) -> None:
    assert sample_seed(*other) != sample_seed(1, "f", "a", 0)


def test_names_that_run_together_draw_different_seeds() -> None:
    assert sample_seed(1, "f", "a1", 2) != sample_seed(1, "f", "a", 12)
    assert sample_seed(1, "fa", "b", 0) != sample_seed(1, "f", "ab", 0)
