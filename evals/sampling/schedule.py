"""How far a canary runs, and where its gate looks on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_runtime.errors import InvalidInput
from agent_runtime.statistics.looks import DEFAULT_LOOKS, HORIZON, LookPlan, plan_looks


@dataclass(frozen=True, slots=True)
class Schedule:
    """Fixed before the first run.

    Attributes:
        planned: runs per case that are made unless the gate decides earlier.
        looks: runs per case at which the gate may look, rising, past `planned` too; () looks only at the end.
        horizon: runs per case past which more only describe, and change no verdict; 0 without looks.
    """

    planned: int
    looks: tuple[int, ...] = ()
    horizon: int = 0


@dataclass(frozen=True, slots=True)
class LookSequence:
    """What one call of the command does: runs up to each of `looks` in turn, judging there.

    Attributes:
        plan: None if the gate looks once, at the end.
    """

    looks: tuple[int, ...]
    plan: LookPlan | None = None

    @property
    def last(self) -> int:
        """Runs per case it makes at most."""
        return self.looks[-1]


def fixed_schedule(samples: int) -> Schedule:
    """All runs, one verdict."""
    return Schedule(samples)


def looking_schedule(samples: int | None, looks: Sequence[int] = DEFAULT_LOOKS) -> Schedule:
    """Looks on the way to `samples` runs per case, and the customary ones beyond, for evidence that is added to.

    A look above `samples` is dropped and `samples` is the last planned one; None takes the last of `looks`.

    Raises:
        InvalidInput: if the looks are not rising numbers.
    """
    planned = looks[-1] if samples is None else samples
    within = [look for look in looks if look < planned]
    beyond = [look for look in DEFAULT_LOOKS if look > planned]
    every, horizon = [*within, planned, *beyond], max(HORIZON, planned)
    try:
        # Checked as they were written too: a look above `samples` is dropped, and a mistake in it would be with it.
        plan_looks(looks, max(horizon, *looks))
        plan_looks(every, horizon)
    except ValueError as error:
        raise InvalidInput.one("looks", str(error), "write rising numbers, as in  3,5,7,10") from None
    return Schedule(planned, tuple(every), horizon)


def look_sequence(schedule: Schedule, *, reached: int = 0, most: int | None = None) -> LookSequence:
    """The way from the first look to the planned one, or as far as the evidence went before.

    Args:
        reached: runs per case that are there already, of an evaluation that is resumed.
        most: go on to this many runs per case while the verdict is undecided; None stops at the planned ones.

    Raises:
        InvalidInput: if `most` is past the horizon.
    """
    if not schedule.looks:
        return LookSequence((max(schedule.planned, reached),))
    # A look that was under way when it stopped is finished: runs past the planned number are there already.
    begun = next((look for look in schedule.looks if look >= reached), schedule.looks[-1])
    return _until(schedule, max(schedule.planned, begun, most or 0), after=0)


def look_sequence_beyond(
    schedule: Schedule, looked_at: int, *, compared: bool, most: int | None = None
) -> LookSequence:
    """The way from the last look to the next, for evidence that is added to; past the horizon it only describes.

    Raises:
        InvalidInput: if all of the error was spent by one look.
    """
    if not schedule.looks and compared:
        what = (
            "was judged once and for all (--looks once): a second look would be a second chance to be wrong"
        )
        raise InvalidInput.one("--add-to", what, "start afresh, without --looks once")
    if not schedule.looks:
        return LookSequence((looked_at + schedule.planned,))
    following = next((look for look in schedule.looks if look > looked_at), None)
    if following is None:
        return LookSequence((looked_at + schedule.planned,), LookPlan(schedule.looks, schedule.horizon))
    return _until(schedule, max(following, most or 0), after=looked_at)


def _until(schedule: Schedule, last: int, *, after: int) -> LookSequence:
    if last > schedule.horizon:
        what = f"is past the horizon of {schedule.horizon} runs per case"
        raise InvalidInput.one("--max-samples", what, f"ask for at most {schedule.horizon}")
    looks = (*(look for look in schedule.looks if look < last), last)
    return LookSequence(tuple(look for look in looks if look > after), LookPlan(looks, schedule.horizon))
