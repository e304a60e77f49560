from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from evals.graders.answer.text import Contains, Exact, Regex, contains, exact, regex, shown
from evals.results.records import Attempt, Grade, SampleStatus


def written(value: Any) -> Document:
    return Document("suite.yaml", value, {})


def graded(grader: Exact | Contains | Regex, output: str | None) -> Grade:
    return grader.grade(Attempt(SampleStatus.COMPLETED, output=output))


def test_exact_compares_the_whole_trimmed_output() -> None:
    assert graded(exact(written("Paris")), " Paris\n").passed
    assert graded(exact(written("Paris")), "Paris, France").reason == 'was "Paris, France", not "Paris"'


def test_contains_ignores_the_case_of_letters() -> None:
    assert graded(contains(written("refund PROCESSED")), "Your Refund Processed today").passed


def test_contains_with_a_list_wants_all_and_names_the_absent() -> None:
    grade = graded(contains(written(["a1", "b2", "c3"])), "only b2")
    assert grade == Grade("contains", False, '"a1", "c3" not in "only b2"')


def test_regex_searches_anywhere() -> None:
    assert graded(regex(written(r"order #\d+")), "for order #123.").passed
    assert graded(regex(written(r"^order")), "for order").reason == '^order not found in "for order"'


@pytest.mark.parametrize("maker", [exact, contains, regex])
def test_no_output_is_an_empty_text_and_fails(maker: Any) -> None:
    assert graded(maker(written("x")), None).passed is False


@pytest.mark.parametrize("maker", [exact, contains, regex])
@pytest.mark.parametrize("value", [None, 15, True, "", "  ", [], {"a": 1}, ["a", 1]])
def test_what_is_not_a_text_is_refused_with_the_repair(maker: Any, value: Any) -> None:
    with pytest.raises(InvalidInput, match=f"fix: write  {maker.__name__}: "):
        maker(written(value))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)", "look-around is not supported"),
        ("(?<!a)b", "look-around is not supported"),
        (r"(a)\1", "back-references are not supported"),
        ("(", "is not a pattern: missing \\)"),
        ("a" * 1001, "has 1001 characters"),
    ],
)
def test_a_pattern_that_cannot_run_in_linear_time_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        regex(written(pattern))


def test_a_refused_pattern_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidInput):
        regex(written("("))
    assert capfd.readouterr() == ("", "")


def test_a_pattern_that_explodes_elsewhere_is_linear_here() -> None:
    started = time.process_time()
    assert not graded(regex(written("^(a+)+$")), "a" * 100_000 + "!").passed
    assert time.process_time() - started < 5


def test_half_a_surrogate_pair_breaks_no_grader() -> None:
    assert graded(regex(written("x")), "\ud800 x").passed
    graded(exact(written("x")), "\ud800").reason.encode()


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.tuples(inner)))
def test_any_value_is_shown_in_at_most_120_characters_that_can_be_printed(value: Any) -> None:
    assert len(shown(value)) <= 120
    shown(value).encode()


def test_a_value_too_deep_to_show_is_named_so() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "a value too deep or too large to show"
