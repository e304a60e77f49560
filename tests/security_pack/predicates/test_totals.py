"""Sums and counts over several calls; a call whose fate is unknown may count or not."""

from __future__ import annotations

from typing import Any

import pytest

from security_pack.catalog.conditions import Bound, CallMatch
from security_pack.predicates.totals import Counted, Range, asks_totals, total_words, totals_hold


def match(**wanted: Any) -> CallMatch:
    return CallMatch.model_validate({"name": "refund", "args": {"amount": wanted}})


def sure(*amounts: Any) -> list[Counted]:
    return [Counted({"amount": amount}, True) for amount in amounts]


@pytest.mark.parametrize(
    ("low", "high", "bound", "within"),
    [
        (3, 3, {"eq": 3}, True),
        (2, 4, {"eq": 3}, None),
        (4, 5, {"eq": 3}, False),
        (4, 5, {"gt": 3}, True),
        (3, 4, {"gt": 3}, None),
        (2, 3, {"gt": 3}, False),
        (1, 2, {"lt": 3}, True),
        (2, 3, {"lt": 3}, None),
        (3, 4, {"lt": 3}, False),
    ],
)
def test_a_bound_holds_fails_or_depends_on_where_the_number_is(
    low: float, high: float, bound: dict[str, float], within: bool | None
) -> None:
    assert Range(low, high).within(Bound.model_validate(bound)) is within


def test_only_some_matches_ask_for_totals() -> None:
    assert asks_totals(match(sum={"gt": 1}))
    assert not asks_totals(match(gt=1))


def test_a_sum_is_over_all_calls_and_all_elements() -> None:
    assert totals_hold(match(sum={"eq": 45}), sure(10, [15, 20])) is True


def test_a_call_that_may_not_have_happened_leaves_the_sum_open() -> None:
    calls = [*sure(10), Counted({"amount": 35}, False)]
    assert totals_hold(match(sum={"gt": 40}), calls) is None
    assert totals_hold(match(sum={"gt": 50}), calls) is False


def test_a_negative_amount_that_may_have_happened_lowers_the_sum() -> None:
    assert totals_hold(match(sum={"lt": 10}), [*sure(10), Counted({"amount": -1}, False)]) is None


def test_calls_with_the_argument_are_counted() -> None:
    calls = [*sure(1, 1), Counted({}, True)]
    assert totals_hold(match(count={"eq": 2}), calls) is True


def test_different_values_are_counted_once() -> None:
    assert totals_hold(match(distinct={"eq": 2}), sure(1, 1, 2)) is True


def test_arguments_that_do_not_parse_leave_everything_open() -> None:
    assert totals_hold(match(count={"gt": 0}), [*sure(1), Counted(None, True)]) is None


def test_a_total_is_said_in_words() -> None:
    assert total_words(match(sum={"gt": 40}), sure(20, 25)) == ["amount adding up to 45"]
