"""One performance without any guard."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from security_pack.catalog.probe import Probe
from security_pack.episodes.episode import CallStatus, Contact, Episode
from security_pack.sandbox import run_unguarded
from security_pack.scenario.scenario import attack
from tests.fakes.guarded_agents import CONTRACT, agent_of
from tests.fakes.probes import probe_of


def _play(probe: Probe, **agent: Any) -> Episode:
    return asyncio.run(run_unguarded(agent_of(**agent), attack(probe)))


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ('{"amount": 1, "amount": 2}', {"amount": 2}),
        ('{"amount": NaN}', {"amount": math.nan}),
        ("", {}),
        ("[1]", None),
        ("{", None),
    ],
)
def test_every_call_is_made_and_read_carelessly(raw: str, read: Any) -> None:
    [call] = _play(probe_of(worst_case=[{"call": "shell.run", "raw_args": raw}])).calls or ()
    assert call.status is CallStatus.EXECUTED
    assert repr(call.arguments) == repr(read)


def test_every_connection_is_let_through() -> None:
    episode = _play(probe_of(worst_case=[{"connect": "http://169.254.169.254/x"}]))
    assert episode.contacts == (Contact("169.254.169.254", "http://169.254.169.254/x", allowed=True),)


def test_a_broken_contract_is_delivered() -> None:
    episode = _play(probe_of(worst_case=[{"say": "hello"}]), contract=CONTRACT)
    assert (episode.output, episode.delivered, episode.contract_kept) == ("hello", True, False)


def test_everything_is_paid_stored_and_shown_as_it_is() -> None:
    episode = _play(probe_of(worst_case=[{"say": "<b>"}], bills_usd=500))
    assert episode.cost_usd == 500
    assert "<b>" in (episode.stored or "")
    assert all("<b>" in shown for shown in episode.surfaces.values())


def test_the_model_is_asked_until_it_has_had_its_way() -> None:
    assert _play(probe_of(worst_case=[{"say": "hello", "times": 3}])).steps == 3


def test_a_model_that_never_has_enough_is_stopped_by_the_probes_budget() -> None:
    endless = probe_of(worst_case=[{"call": "kb.search", "times": 10_000}], budget={"steps": 7})
    assert len(_play(endless).calls or ()) == 7
