"""A foreign name as a code span that cannot be anything else."""

from __future__ import annotations

import pytest

from evals.formatting.names import inert, listed


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("refund", "`refund`"),
        ("a`b", "`a'b`"),
        ("a|b", "`a¦b`"),
        ("a  \n b", "`a � b`"),
        ("\u202eevil", "`�evil`"),
        ("", "`(no name)`"),
    ],
)
def test_a_name_stays_inside_its_span(name: str, shown: str) -> None:
    assert inert(name) == shown


def test_a_long_name_is_cut_with_a_mark() -> None:
    assert inert("x" * 60) == f"`{'x' * 60}`"
    assert inert("x" * 61) == f"`{'x' * 59}…`"


def test_the_first_three_are_named_and_the_rest_is_counted() -> None:
    assert listed(["a", "b", "c"]) == "`a`, `b`, `c`"
    assert listed(["a", "b", "c", "d", "e"]) == "`a`, `b`, `c` and 2 more"
    assert listed([]) == ""
