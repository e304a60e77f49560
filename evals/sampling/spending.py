"""The spending cap of an evaluation: reserve before a run starts, settle with what it really cost."""

from __future__ import annotations

import asyncio

from evals.results.records import Attempt, Sample, SampleStatus

_ROUNDING_USD = 1e-9
"""Three runs at $0.10 add up to $0.30000000000000004; a cap of $0.30 allows them."""


class SpendingCap:
    """Lets runs start only while the dearest outcome of everything in flight stays within `max_usd`.

    A run is reserved at the target's worst case. If that is unknown, at the mean of the costs seen so
    far, and until the first cost is seen runs go one at a time, so that a wave of dear ones cannot
    overshoot. A target that names no cost at all cannot be capped; `warning` says so.
    """

    def __init__(self, max_usd: float | None, worst_case_usd: float | None) -> None:
        self.max_usd = max_usd
        self.spent_usd = 0.0
        self._worst_case_usd = worst_case_usd
        self._in_flight = 0
        self._priced = 0
        self._priced_usd = 0.0
        self._unpriced = 0
        self._released = asyncio.Event()

    async def reserve(self) -> bool:
        """Wait until one more run fits; False if it cannot fit even once everything in flight has ended."""
        while not self._fits():
            if self._in_flight == 0:
                return False
            self._released.clear()
            await self._released.wait()
        self._in_flight += 1
        return True

    def release(self) -> None:
        """Give back the reservation of one run that ended, whatever it cost."""
        self._in_flight -= 1
        self._released.set()

    def charge(self, attempt: Attempt | Sample) -> None:
        """Count what one attempt, or one run kept from before, cost; silence is counted at the estimate.

        An attempt that met broken infrastructure costs nothing unless it says so.
        """
        if attempt.cost_usd is not None:
            self.spent_usd += attempt.cost_usd
            self._priced_usd += attempt.cost_usd
            self._priced += 1
        elif attempt.status is not SampleStatus.INFRA_ERROR:
            self.spent_usd += self._estimate_usd() or 0.0
            self._unpriced += 1

    @property
    def warning(self) -> str | None:
        """What the reader of a capped evaluation must know about its costs; None if all is well."""
        if self.max_usd is None or not self._unpriced:
            return None
        if not self._priced and self._worst_case_usd is None:
            return f"The cap of ${self.max_usd:.2f} could not be kept: no run reported its cost."
        return (
            f"{self._unpriced} of {self._priced + self._unpriced} runs did not report their cost; "
            f"the cap of ${self.max_usd:.2f} counted each at an estimate."
        )

    def _fits(self) -> bool:
        if self.max_usd is None:
            return True
        estimate = self._estimate_usd()
        if estimate is None:
            return self._in_flight == 0
        committed = self.spent_usd + estimate * (self._in_flight + 1)
        return committed <= self.max_usd + _ROUNDING_USD

    def _estimate_usd(self) -> float | None:
        """What one run costs at most, or on average; None if nothing is known yet."""
        if self._worst_case_usd is not None:
            return self._worst_case_usd
        if self._priced:
            return self._priced_usd / self._priced
        # Runs ended and none named a cost: the target cannot be capped, and waiting one by one would not help.
        return 0.0 if self._unpriced else None
