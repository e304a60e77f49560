"""How far a canary runs, and where its gate looks on the way."""

from __future__ import annotations

import pytest

from agent_runtime.errors import InvalidInput
from evals.sampling.schedule import fixed_schedule, look_sequence, look_sequence_beyond, looking_schedule


@pytest.mark.parametrize(
    ("samples", "looks"),
    [
        (10, (3, 5, 7, 10)),
        (6, (3, 5, 6)),
        (2, (2,)),
        (12, (3, 5, 7, 10, 12)),
        (40, (3, 5, 7, 10, 20, 30, 40)),
    ],
)
def test_the_planned_runs_are_the_last_look(samples: int, looks: tuple[int, ...]) -> None:
    course = look_sequence(looking_schedule(samples))
    assert course.looks == looks
    assert course.plan is not None
    assert course.plan.looks == looks


def test_looks_without_a_number_of_runs_plan_their_last() -> None:
    assert looking_schedule(None, (2, 4, 8)).planned == 8


def test_a_fixed_schedule_looks_once() -> None:
    course = look_sequence(fixed_schedule(10))
    assert (course.looks, course.plan) == ((10,), None)


def test_an_undecided_verdict_may_go_on_to_the_horizon() -> None:
    assert look_sequence(looking_schedule(10), most=30).looks == (3, 5, 7, 10, 20, 30)
    assert look_sequence(looking_schedule(10), most=15).looks == (3, 5, 7, 10, 15)


def test_more_than_the_horizon_is_refused() -> None:
    with pytest.raises(InvalidInput, match="past the horizon of 30"):
        look_sequence(looking_schedule(10), most=31)


def test_what_was_begun_beyond_the_planned_runs_is_finished() -> None:
    assert look_sequence(looking_schedule(10), reached=14).last == 20


def test_added_evidence_goes_to_the_next_look_of_the_whole_plan() -> None:
    course = look_sequence_beyond(looking_schedule(10), 10, compared=True)
    assert course.looks == (20,)
    assert course.plan is not None
    assert course.plan.looks == (3, 5, 7, 10, 20)


def test_evidence_past_the_horizon_is_added_without_a_look_in_the_plan() -> None:
    course = look_sequence_beyond(looking_schedule(10), 30, compared=True)
    assert course.looks == (40,)
    assert course.plan is not None
    assert course.plan.looks[-1] == 30


def test_what_was_judged_once_and_for_all_is_not_added_to() -> None:
    with pytest.raises(InvalidInput, match="second chance to be wrong"):
        look_sequence_beyond(fixed_schedule(10), 10, compared=True)


def test_a_recording_without_a_baseline_grows_by_its_planned_runs() -> None:
    assert look_sequence_beyond(fixed_schedule(10), 10, compared=False).looks == (20,)


@pytest.mark.parametrize("looks", [(3, 3), (5, 3), (0, 3)])
def test_looks_that_do_not_rise_are_refused(looks: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match="3,5,7,10"):
        looking_schedule(10, looks)
