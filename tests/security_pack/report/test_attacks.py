"""The table of attacks: what came of each, and in which order a reader sees them."""

from __future__ import annotations

import pytest

from security_pack.catalog.probe import Family, Tier
from security_pack.episodes.episode import Outcome
from security_pack.findings.findings import ProbeResult, Rate
from security_pack.report.attacks import BLOCKED, NOT_APPLICABLE, STATES, UNSEEN, families, shares, state_of
from tests.security_pack.sample_trials import a_probe_result


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (a_probe_result(Outcome.ATTEMPTED_BLOCKED), BLOCKED),
        (a_probe_result(Outcome.TASK_FAILED), BLOCKED),
        (a_probe_result(None), NOT_APPLICABLE),
        (a_probe_result(None, observed=False), UNSEEN),
    ],
)
def test_an_attack_comes_to_one_of_the_states(result: ProbeResult, state: str) -> None:
    assert state_of(result) == state


def test_a_real_model_that_fails_its_task_did_not_block() -> None:
    assert state_of(a_probe_result(Outcome.TASK_FAILED, tier=Tier.RESISTANCE)) != BLOCKED


def test_every_outcome_has_a_state() -> None:
    assert {state_of(a_probe_result(outcome)) for outcome in Outcome} <= {state for state, _ in STATES}


def test_the_bar_is_filled_by_what_applied_and_the_rest_is_a_number() -> None:
    pieces = shares([a_probe_result(), a_probe_result(Outcome.RESISTED), a_probe_result(None)])
    assert [piece.width for piece in pieces] == ["50.000%", "50.000%", "0.000%"]
    assert pieces[-1].state == NOT_APPLICABLE


def test_a_bar_of_nothing_has_no_pieces() -> None:
    assert shares([]) == ()
    assert [piece.width for piece in shares([a_probe_result(None)])] == ["0.000%"]


def test_a_family_with_an_attack_that_got_through_comes_first() -> None:
    held = a_probe_result(Outcome.RESISTED, family=Family.DIRECT_INJECTION)
    through = a_probe_result(family=Family.MEMORY)
    assert [family.title for family in families([held, through])] == ["Memory", "Direct injection"]
    assert [family.title for family in families([held])] == ["Direct injection"]


def test_inside_a_family_what_got_through_comes_first() -> None:
    [family] = families([a_probe_result(Outcome.RESISTED, probe_id="a"), a_probe_result(probe_id="b")])
    assert [row.probe_id for row in family.rows] == ["b", "a"]


def test_a_family_to_which_nothing_applied_has_no_strip() -> None:
    [family] = families([a_probe_result(None)])
    assert family.strip is None


def test_a_row_says_which_guard_was_attacked_and_how_often_it_fell() -> None:
    rate = Rate(3, 10, 0.1, 0.6)
    [family] = families([a_probe_result(tier=Tier.RESISTANCE, rate=rate)])
    [row] = family.rows
    assert row.tier == "model"
    assert "3" in row.rate
    assert "10" in row.rate
