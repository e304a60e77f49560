"""Spend: the worst case is reserved before a call and settled after it, in whole micro-dollars.

A reservation that is never settled (a crash with an unknown outcome) stays charged at its worst case.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import count
from threading import Lock
from typing import Protocol

from agent_runtime.agent.policy import Price
from agent_runtime.errors import CrewError
from agent_runtime.records import MICROS, Usage


class OverBudget(CrewError):
    """A call was not made because its worst case would pass a cap.

    Attributes:
        scope: which cap: `run`, `day`, or the name its ledger was given.
        cap_micros: the cap.
        committed_micros: already spent or reserved under it.
        asked_micros: the worst case of the call that was not made.
    """

    def __init__(self, scope: str, *, cap_micros: int, committed_micros: int, asked_micros: int) -> None:
        super().__init__(
            f"the {scope} budget of {_usd(cap_micros)} does not cover the next call: "
            f"{_usd(committed_micros)} is spent or reserved, and it may cost up to {_usd(asked_micros)}.\n"
            "    fix: raise the cap, or lower max_output_tokens"
        )
        self.scope = scope
        self.cap_micros = cap_micros
        self.committed_micros = committed_micros
        self.asked_micros = asked_micros


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one call; `id` is the ledger's own."""

    id: str
    run_id: str
    amount_micros: int


class Ledger(Protocol):
    """Keeps the caps. Reserving is atomic: no number of concurrent calls together passes a cap."""

    def reserve(self, run_id: str, amount_micros: int) -> Reservation:
        """Set `amount_micros` aside for one call of `run_id`.

        Raises:
            OverBudget: the amount does not fit under every cap; nothing was reserved.
        """
        ...

    def settle(self, reservation: Reservation, spent_micros: int) -> None:
        """Replace the reservation by what the call really cost, once."""
        ...


class MemoryLedger:
    """A ledger that lives as long as its process: for evals, and for one run from the command line.

    Args:
        per_run_micros: cap of each run; None is no cap.
        per_day_micros: cap of all runs together, while the ledger lives; None is no cap.
        scope: what errors call the second cap.
    """

    def __init__(
        self, per_run_micros: int | None = None, per_day_micros: int | None = None, scope: str = "day"
    ) -> None:
        self._per_run = per_run_micros
        self._per_day = per_day_micros
        self._scope = scope
        self._lock = Lock()
        self._numbers = count(1)
        self._open: dict[str, Reservation] = {}
        self._runs: defaultdict[str, int] = defaultdict(int)
        self._total = 0

    @property
    def committed_micros(self) -> int:
        """Spent and reserved, over all runs."""
        return self._total

    def reserve(self, run_id: str, amount_micros: int) -> Reservation:
        """Set `amount_micros` aside for one call of `run_id`.

        Raises:
            OverBudget: the amount does not fit under both caps; nothing was reserved.
        """
        refuse_negative(amount_micros)
        with self._lock:
            _check("run", self._per_run, self._runs[run_id], amount_micros)
            _check(self._scope, self._per_day, self._total, amount_micros)
            reservation = Reservation(str(next(self._numbers)), run_id, amount_micros)
            self._open[reservation.id] = reservation
            self._add(run_id, amount_micros)
        return reservation

    def settle(self, reservation: Reservation, spent_micros: int) -> None:
        """Replace the reservation by what the call really cost.

        Raises:
            ValueError: the reservation was settled before, or is not of this ledger.
        """
        refuse_negative(spent_micros)
        with self._lock:
            if self._open.pop(reservation.id, None) != reservation:
                raise ValueError(f"reservation {reservation.id} of run {reservation.run_id} is not open")
            self._add(reservation.run_id, spent_micros - reservation.amount_micros)

    def _add(self, run_id: str, micros: int) -> None:
        self._runs[run_id] += micros
        self._total += micros


def micros_of(usd: Decimal) -> int:
    """Dollars in whole micro-dollars, rounded down: a cap is never widened."""
    return int((usd * MICROS).to_integral_value(ROUND_FLOOR))


def cap_micros(usd: Decimal | None) -> int | None:
    """A cap of the policy in whole micro-dollars; None is no cap."""
    return None if usd is None else micros_of(usd)


def cost_micros(usage: Usage, price: Price) -> int:
    """What `usage` cost, in micro-dollars, rounded up.

    A dollar per million tokens is a micro-dollar per token, so prices need no conversion.
    """
    exact = usage.input_tokens * price.input_per_mtok + usage.output_tokens * price.output_per_mtok
    return int(exact.to_integral_value(ROUND_CEILING))


def worst_case_micros(prompt_bytes: int, max_output_tokens: int, price: Price) -> int:
    """The most a call can cost, in micro-dollars.

    Every token of a byte-pair or sentence-piece vocabulary stands for at least one byte of UTF-8, so a
    prompt has at most as many tokens as bytes.

    Args:
        prompt_bytes: size of the whole request body; its JSON framing outweighs the tokens that chat
            templates add around each message.
    """
    return cost_micros(Usage(prompt_bytes, max_output_tokens), price)


def _check(scope: str, cap: int | None, committed: int, asked: int) -> None:
    if cap is not None and committed + asked > cap:
        raise OverBudget(scope, cap_micros=cap, committed_micros=committed, asked_micros=asked)


def refuse_negative(micros: int) -> None:
    """Every ledger's first check.

    Raises:
        ValueError: if the amount is below zero.
    """
    if micros < 0:
        raise ValueError(f"{micros} micro-dollars: money is never negative")


def _usd(micros: int) -> str:
    return f"${micros / MICROS:.6f}".rstrip("0").rstrip(".")
