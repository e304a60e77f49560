"""The facts of a verdict, in memory and in verdict.json."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.results.facts import (
    ArmFacts,
    ArmRates,
    ArmTotals,
    ComparisonFacts,
    ConfirmationFacts,
    Facts,
    FailOn,
    FreshComparison,
    LookFacts,
    facts_document,
    read_facts,
)
from tests.fakes.results import comparison, rates

NUMBERS = st.floats(allow_nan=False)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(),
    "float": NUMBERS,
    "bool": st.booleans(),
    "str": st.text(),
    "tuple[int, int]": st.tuples(st.integers(), st.integers()),
    "tuple[float, float]": st.tuples(NUMBERS, NUMBERS),
    "tuple[int, ...]": st.lists(st.integers()).map(tuple),
    "tuple[str, ...]": st.lists(st.text()).map(tuple),
}


def known(shape: type[Any]) -> st.SearchStrategy[Any]:
    """Any value of a group of facts, or None."""
    values = {}
    for each in fields(shape):
        kind, _, optional = str(each.type).partition(" | ")
        values[each.name] = st.none() | VALUES[kind] if optional else VALUES[kind]
    return st.none() | st.builds(shape, **values)


ARMS = st.builds(ArmFacts, known(ArmTotals), known(ArmRates))
FACTS = st.builds(
    Facts,
    baseline=ARMS,
    candidate=ARMS,
    fail_on=st.none() | st.sampled_from(FailOn),
    pass_k=st.none() | st.integers(),
    comparison=known(ComparisonFacts),
    look=known(LookFacts),
    confirmation=st.none() | st.builds(ConfirmationFacts, known(FreshComparison)),
    more=st.dictionaries(st.just("from_tomorrow"), st.integers()),
)
LOOK = {
    "look": 3,
    "looks": [3],
    "next_look": None,
    "planned_runs": 10,
    "horizon": 30,
    "level": 0.01,
    "stopped_early": True,
    "runs_saved": 7,
    "usd_saved": 1,
}


@given(FACTS)
def test_any_facts_are_read_back_as_they_were_written(facts: Facts) -> None:
    assert read_facts(facts_document(facts)) == facts


def test_facts_of_another_version_or_of_no_known_type_are_kept_as_they_are() -> None:
    known = {"pass_k": 5, "fail_on": "never"}
    strange = {"pass_k": "five", "look": 3, "from_tomorrow": [1]}
    assert read_facts(known) == Facts(pass_k=5, fail_on=FailOn.NEVER)
    assert read_facts(strange) == Facts(more=strange)
    assert facts_document(read_facts(known | strange)) == known | strange


def test_what_is_not_known_is_not_written() -> None:
    assert facts_document(Facts()) == {}


def test_the_keys_of_an_arm_end_with_its_name_and_an_interval_comes_last() -> None:
    document = facts_document(Facts(candidate=ArmFacts(rates=rates())))
    assert document["pass_rate_candidate"] == 0.9
    assert document["pass_rate_candidate_wilson"] == (0.8, 0.95)


def test_a_group_is_read_into_its_types() -> None:
    look = read_facts(LOOK).look
    assert look is not None
    assert (look.looks, look.next_look, look.usd_saved) == ((3,), None, 1.0)


@pytest.mark.parametrize(
    "change",
    [{"look": "3"}, {"look": True}, {"looks": 3}, {"looks": ["3"]}, {"stopped_early": 1}, {"level": None}],
)
def test_a_group_with_one_value_of_another_type_is_kept_whole_and_unread(change: dict[str, Any]) -> None:
    written = LOOK | change
    assert read_facts(written) == Facts(more=written)


def test_a_group_without_one_of_its_keys_is_kept_whole_and_unread() -> None:
    partial = {key: value for key, value in LOOK.items() if key != "horizon"}
    assert read_facts(partial) == Facts(more=partial)


@pytest.mark.parametrize(
    "written", [{"made": True}, {"made": False, "from_tomorrow": 1}, {}, [], "made", {"made": 0}]
)
def test_a_confirmation_that_contradicts_itself_is_kept_unread(written: Any) -> None:
    assert read_facts({"confirmation": written}) == Facts(more={"confirmation": written})


def test_a_confirmation_that_could_not_be_made_says_so() -> None:
    facts = Facts(confirmation=ConfirmationFacts())
    assert facts_document(facts) == {"confirmation": {"made": False}}
    assert read_facts(facts_document(facts)) == facts


def test_the_document_that_was_read_stays_as_it_was() -> None:
    written = dict(LOOK)
    read_facts(written)
    assert written == LOOK


def test_of_an_arm_without_rates_nothing_is_known() -> None:
    assert (ArmFacts().pass_hat_k, ArmFacts().usd_per_run) == (None, None)
    assert ArmFacts(rates=rates(pass_hat_k=0.5, usd_per_run=0.1)).pass_hat_k == 0.5


def test_without_a_comparison_no_metric_waits() -> None:
    assert Facts().waits_for == ()
    assert Facts(comparison=comparison(waits_for=("p95_latency_ms",))).waits_for == ("p95_latency_ms",)


def test_a_fact_that_is_too_large_for_a_number_is_kept_as_it_is() -> None:
    whole = facts_document(Facts(candidate=ArmFacts(rates=rates())))
    read = read_facts(whole | {"pass_rate_candidate": 10**400})
    assert (read.candidate.rates, read.more["pass_rate_candidate"]) == (None, 10**400)
