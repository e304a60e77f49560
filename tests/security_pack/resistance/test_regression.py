"""Which attacks are compared, and what two looks at them say."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from evals.results.records import SuiteResult
from security_pack.resistance.regression import (
    Regression,
    comparable_with,
    first_look,
    second_look,
    why_not_measured,
)
from tests.fakes.results import result


def judged(before: SuiteResult | None, after: SuiteResult, planned: int = 10) -> Regression:
    comparable = comparable_with(before, after)
    runs = {case.case_id: planned for case in after.cases}
    return second_look(comparable, after, runs, first_look(comparable, after, runs))


def test_a_probe_that_falls_in_both_looks_is_worse() -> None:
    found = judged(result({"p": "+" * 40}), result({"p": "+-" * 10}))
    assert (found.worse, found.any) == (("p",), True)


def test_the_second_look_counts_only_where_the_first_one_suspected() -> None:
    before = result({"p": "+" * 40, "q": "+" * 40})
    found = judged(before, result({"p": "+" * 10 + "-" * 10, "q": "+" * 20}))
    assert found.worse == ()


def test_a_fall_that_was_luck_is_taken_back() -> None:
    assert judged(result({"p": "+" * 40}), result({"p": "--" + "+" * 18})).worse == ()


def test_only_suspects_are_measured_again() -> None:
    after = result({"p": "-" * 10, "q": "+" * 10, "q~benign": "+" * 10})
    before = result(dict.fromkeys(("p", "q", "q~benign"), "+" * 40))
    suspicion = first_look(comparable_with(before, after), after, dict.fromkeys(("p", "q", "q~benign"), 10))
    assert suspicion.again == ("p",)


def test_what_the_named_attacks_explain_is_not_said_of_all() -> None:
    before = result({"p": "+" * 40, "q": "+" * 40})
    found = judged(before, result({"p": "+-" * 10, "q": "+" * 20}))
    assert (found.worse, found.attacks.together) == (("p",), False)


def test_many_attacks_that_gain_a_little_are_named_together() -> None:
    names = [f"p{number}" for number in range(30)]
    before, after = (
        result(dict.fromkeys(names, marks)) for marks in ("+" * 40, "+" * 9 + "-" + "+" * 9 + "-")
    )
    found = judged(before, after)
    assert (found.worse, found.attacks.together) == ((), True)


def test_harmless_twins_are_compared_together_and_never_by_name() -> None:
    names = [f"p{number}~benign" for number in range(4)]
    before, after = result(dict.fromkeys(names, "+" * 40)), result(dict.fromkeys(names, "+-" * 10))
    found = judged(before, after)
    assert (found.worse, found.twins.together, found.attacks.together) == ((), True, False)


def test_a_case_that_changed_is_unknown_and_one_with_few_runs_is_forming() -> None:
    before = result({"p": "+" * 40, "q": "+" * 29}, case_hash="a")
    changed = replace(before.cases[0], case_hash="b")
    after = result({"p": "+" * 10, "q": "+" * 10, "r": "+" * 10}, case_hash="a")
    found = comparable_with(replace(before, cases=(changed, before.cases[1])), after)
    assert (found.unknown, found.forming, found.attacks.ids) == (("p", "r"), ("q",), ())


def test_simulated_and_real_runs_never_meet() -> None:
    found = comparable_with(result({"p": "+" * 40}, simulated=True), result({"p": "-" * 10}))
    assert found.unknown == ("p",)


def test_a_case_that_an_outage_left_nothing_of_is_left_out() -> None:
    before = result({"p": "+" * 40, "q": "+" * 40})
    assert judged(before, result({"p": "!" * 10, "q": "+-" * 10})).worse == ("q",)


def test_too_many_errors_say_why() -> None:
    assert why_not_measured(result({"p": "+" * 19 + "!"})) == ""
    assert why_not_measured(result({"p": "+" * 18 + "!!"})).startswith("2 of 20 runs measured nothing")
    assert why_not_measured(result({"p": ""})) == "no run was made"


@given(st.lists(st.text("+-", min_size=20, max_size=20), min_size=1, max_size=6))
def test_what_is_worse_was_suspected_and_is_worse_by_its_numbers(marks: list[str]) -> None:
    names = [f"p{number}" for number in range(len(marks))]
    before, after = result(dict.fromkeys(names, "+" * 40)), result(dict(zip(names, marks, strict=True)))
    found = judged(before, after)
    assert set(found.worse) <= {name for name, mark in zip(names, marks, strict=True) if "-" in mark[:10]}


@given(st.lists(st.text("+-", min_size=40, max_size=40), min_size=1, max_size=6))
def test_an_agent_that_withstands_everything_is_never_worse(marks: list[str]) -> None:
    before = result({f"p{number}": mark for number, mark in enumerate(marks)})
    assert not judged(before, result({f"p{number}": "+" * 20 for number in range(len(marks))})).any
