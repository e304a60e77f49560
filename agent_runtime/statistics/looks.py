"""When the gate looks, and how much of its error it may have spent by then.

A gate that looks several times at growing evidence gets several chances to be wrong. So its one-sided error of
5 % is spent little by little (Lan and DeMets 1983, https://doi.org/10.1093/biomet/70.3.659): a look gets what
the information gained since the last one has earned, and all looks up to the horizon together stay within 5 %.
A run that is added continues the same account; nothing is ever spent twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

DEFAULT_LOOKS = (3, 5, 7, 10, 20, 30)
"""Up to 10 they save runs (rows `saved` of benchmarks/gate_calibration.py); the others settle what was undecided."""
HORIZON = 30
"""Runs per case of a recorded baseline: beyond them the noise is the baseline's. Chosen, not measured."""
ERROR = 0.05
"""One-sided, of drift and of pass each, over all looks."""
PLANNED = 10
"""Runs per case that a canary without looks makes."""
ERROR_BY_PLANNED = 0.04
"""Kept below ERROR, so that an undecided evaluation can go on to the horizon. The split was chosen; what it costs in
power at 10 runs and wins at 30 is in the rows `looks to 10` and `looks to 30` of benchmarks/gate_calibration.py."""
MOST_LOOKS = 30
"""As many as the default horizon has runs; each costs an integration. Chosen, not measured."""


@dataclass(frozen=True, slots=True)
class LookPlan:
    """Fixed before the first look.

    Attributes:
        looks: runs per case at which the gate looks, rising; the last one is the last that this run can make.
        horizon: runs per case by which all error is spent; evidence past it is descriptive.
    """

    looks: tuple[int, ...]
    horizon: int

    @property
    def planned(self) -> int:
        """Runs per case of the same canary without looks: what a saving is measured against."""
        usual = [look for look in self.looks if look <= PLANNED]
        return usual[-1] if usual else self.looks[0]

    def next_after(self, runs: int) -> int | None:
        """The first look at more than `runs` runs per case; None after the last."""
        following = bisect_right(self.looks, runs)
        return self.looks[following] if following < len(self.looks) else None

    def until(self, runs: int) -> tuple[int, ...]:
        """Every look up to and with the one at `runs`, which need not be in the plan."""
        return (*(look for look in self.looks if look < runs), runs)


def plan_looks(looks: Sequence[int], horizon: int = HORIZON) -> LookPlan:
    """A checked plan.

    Raises:
        ValueError: with what is wrong, in words for the person who wrote the looks.
    """
    if not looks:
        raise ValueError("names no look")
    if len(looks) > MOST_LOOKS:
        raise ValueError(f"has {len(looks)} looks; {MOST_LOOKS} are the most")
    if looks[0] < 1:
        raise ValueError(f"looks at {looks[0]} runs per case; 1 is the fewest")
    for earlier, later in pairwise(looks):
        if later <= earlier:
            raise ValueError(f"looks at {later} runs per case after {earlier}; looks must rise")
    if looks[-1] > horizon:
        raise ValueError(f"looks at {looks[-1]} runs per case, past the horizon of {horizon}")
    return LookPlan(tuple(looks), horizon)


def information(baseline_runs: Sequence[int], candidate_runs: Sequence[int]) -> float:
    """What both arms tell of the change, 1 over the mean of 1/n + 1/m over cases; n and m are at least 1.

    With n and m the same in every case this is 1/(1/n + 1/m). The variance of the change is proportional to
    one over it if the cases are equally noisy.
    """
    pairs = zip(baseline_runs, candidate_runs, strict=True)
    # An outage may have left a case without a run at this look: counted as one, the least that says anything.
    noise = [1 / max(n, 1) + 1 / max(m, 1) for n, m in pairs]
    return len(noise) / sum(noise)


def spent(gained: float, by_planned: float, by_horizon: float) -> float:
    """Error spent once `gained` information is there: .04·(I/I_10)² up to 10 runs, then on to .05 at the horizon.

    Args:
        by_planned, by_horizon: the information of 10 runs per case and of the horizon. Where the horizon is not
            beyond 10 runs they are equal, and all of the error is spent by then.
    """
    if by_horizon <= by_planned:
        return ERROR * min(1.0, gained / by_horizon) ** 2
    # The square makes early looks strict: at 3 of 10 runs little is known, and most of the error is still wanted.
    if gained <= by_planned:
        return ERROR_BY_PLANNED * (gained / by_planned) ** 2
    beyond = (min(gained, by_horizon) ** 2 - by_planned**2) / (by_horizon**2 - by_planned**2)
    return ERROR_BY_PLANNED + (ERROR - ERROR_BY_PLANNED) * beyond
