"""Sums and counts over several calls, as ranges: a call whose status is unknown may count or not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from security_pack.catalog.conditions import ArgumentMatch, Bound, CallMatch
from security_pack.predicates.answers import all_true
from security_pack.predicates.arguments import elements, identity, number, values_at


@dataclass(frozen=True, slots=True)
class Counted:
    """A call's arguments (None if they do not parse), and whether it counts for sure."""

    arguments: Mapping[str, Any] | None
    sure: bool


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is known to lie between two."""

    low: float
    high: float

    def within(self, bound: Bound) -> bool | None:
        """Whether every given bound holds; None if that depends on where in the range the number is."""
        return all_true(self._each(bound))

    def _each(self, bound: Bound) -> Iterator[bool | None]:
        if (wanted := bound.eq) is not None:
            inside = self.low <= wanted <= self.high
            yield (True if self.low == self.high else None) if inside else False
        if (least := bound.gt) is not None:
            yield True if self.low > least else None if self.high > least else False
        if (most := bound.lt) is not None:
            yield True if self.high < most else None if self.low < most else False


def asks_totals(match: CallMatch) -> bool:
    """Whether any argument has a total."""
    return any(_totals(wanted) for wanted in match.args.values())


def totals_hold(match: CallMatch, calls: Sequence[Counted]) -> bool | None:
    """Whether the totals over these calls, all of one tool, are as wanted."""
    if any(call.arguments is None for call in calls):
        return None
    return all_true(
        _range(kind, name, calls).within(bound)
        for name, wanted in match.args.items()
        for kind, bound in _totals(wanted)
    )


def total_words(match: CallMatch, calls: Sequence[Counted]) -> list[str]:
    """Such as `amount adding up to 45 over 3 calls`."""
    words = {"sum": "adding up to", "count": "given in calls:", "distinct": "taking different values:"}
    return [
        f"{name} {words[kind]} {_range(kind, name, calls).low:g}"
        for name, wanted in match.args.items()
        for kind, _ in _totals(wanted)
    ]


def _totals(wanted: ArgumentMatch) -> list[tuple[str, Bound]]:
    every = (("sum", wanted.sum), ("count", wanted.count), ("distinct", wanted.distinct))
    return [(kind, bound) for kind, bound in every if bound is not None]


def _range(kind: str, name: str, calls: Sequence[Counted]) -> Range:
    given = [(values_at(call.arguments or {}, name), call.sure) for call in calls]
    if kind == "sum":
        return _sum(given)
    if kind == "count":
        sure = [found for found, is_sure in given if found and is_sure]
        return Range(len(sure), sum(bool(found) for found, _ in given))
    flat = [
        (identity(one), is_sure) for found, is_sure in given for value in found for one in elements(value)
    ]
    return Range(len({one for one, is_sure in flat if is_sure}), len({one for one, _ in flat}))


def _sum(given: Sequence[tuple[tuple[Any, ...], bool]]) -> Range:
    numbers = [
        (found, is_sure)
        for values, is_sure in given
        for value in values
        for one in elements(value)
        if (found := number(one)) is not None
    ]
    low = math.fsum(found for found, is_sure in numbers if is_sure or found < 0)
    return Range(low, math.fsum(found for found, is_sure in numbers if is_sure or found > 0))
