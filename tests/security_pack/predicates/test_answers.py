"""Yes, no and not observed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security_pack.predicates.answers import Answer, all_of, any_of, opposite

ORDER = {False: 0, None: 1, True: 2}
TRUTHS = st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=6)


def answers(truths: list[bool | None]) -> list[Answer]:
    return [
        Answer(truth, ("seen",) if truth else (), ("calls",) if truth is None else ()) for truth in truths
    ]


@given(TRUTHS)
def test_any_is_the_greatest_and_all_the_least(truths: list[bool | None]) -> None:
    assert ORDER[any_of(answers(truths)).truth] == max(ORDER[truth] for truth in truths)
    assert ORDER[all_of(answers(truths)).truth] == min(ORDER[truth] for truth in truths)


@given(TRUTHS)
def test_de_morgan_holds(truths: list[bool | None]) -> None:
    not_any = opposite(any_of(answers(truths)), "it").truth
    assert not_any == all_of([opposite(one, "it") for one in answers(truths)]).truth


@given(TRUTHS)
def test_evidence_goes_with_yes_and_what_is_missing_with_unknown(truths: list[bool | None]) -> None:
    for answer in (any_of(answers(truths)), all_of(answers(truths))):
        assert bool(answer.evidence) is (answer.truth is True)
        assert bool(answer.unobserved) is (answer.truth is None)


@pytest.mark.parametrize("truth", [True, False, None])
def test_twice_the_opposite_is_the_same(truth: bool | None) -> None:
    assert opposite(opposite(Answer(truth), "it"), "it").truth is truth
