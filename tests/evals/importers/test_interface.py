"""What every reader of foreign results uses."""

from __future__ import annotations

from evals.importers.interface import case_hash, cut, short_id, texts_within
from evals.results.samples import MAX_CASE_ID


def test_an_id_that_fits_is_kept() -> None:
    assert short_id("x" * MAX_CASE_ID) == "x" * MAX_CASE_ID


def test_a_long_id_is_cut_to_fit_and_stays_different_from_its_neighbour() -> None:
    one, other = short_id("x" * 5_000 + "a", room=5), short_id("x" * 5_000 + "b", room=5)
    assert one != other
    assert len(one) == len(other) == MAX_CASE_ID - 5


def test_a_text_is_cut_with_a_mark() -> None:
    assert cut("abcd", 4) == "abcd"
    assert cut("abcde", 4) == "abc…"


def test_all_texts_of_a_value_are_found_in_order() -> None:
    value = {"a": "1", "b": ["2", {"c": ("3", 4, None)}]}
    assert list(texts_within(value)) == ["1", "2", "3"]


def test_results_compare_only_if_all_that_was_judged_is_equal() -> None:
    assert case_hash({"a": 1, "b": 2}) == case_hash({"b": 2, "a": 1})
    assert case_hash({"a": 1}) != case_hash({"a": 1}, "grader")
