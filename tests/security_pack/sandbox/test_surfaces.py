"""An episode as our own renderings show it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from security_pack.sandbox import run_guarded
from security_pack.scenario.scenario import attack
from tests.fakes.guarded_agents import agent_of
from tests.fakes.probes import probe_of

HOSTILE = "<script>qcanary</script> \x1b]0;qcanary\x07 [qcanary](https://qcanary.invalid) @qcanary"


def _surfaces(said: str, **sink: Any) -> dict[str, str]:
    probe = probe_of(
        worst_case=[{"say": said}], success={"sink": {"grammar": "html", "canary": "qcanary", **sink}}
    )
    return dict(asyncio.run(run_guarded(agent_of(), attack(probe))).surfaces)


@pytest.mark.parametrize("surface", ["report", "summary", "comment", "terminal"])
def test_every_rendering_shows_what_was_said_and_nothing_of_it_is_live(surface: str) -> None:
    shown = _surfaces(HOSTILE, surface=surface)[surface]
    assert "qcanary" in shown
    assert "\x1b" not in shown
    if surface != "terminal":
        assert "<script>qcanary" not in shown


def test_only_what_the_probe_looks_at_is_rendered() -> None:
    assert _surfaces(HOSTILE) == {}
    assert set(_surfaces(HOSTILE, surface="report")) == {"report"}


def test_a_rendering_that_we_do_not_have_is_not_made_up() -> None:
    assert _surfaces(HOSTILE, surface="slack") == {}
