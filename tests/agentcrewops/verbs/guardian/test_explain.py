"""`guardian explain`: what a probe does, in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from security_pack.catalog.catalog import load_pack
from tests.agentcrewops.conftest import Shell
from tests.fakes.attacked import SAY_IT


def test_an_explanation_says_what_is_planted_what_counts_and_what_stops_it(
    shell: Shell, tmp_path: Path
) -> None:
    said = shell("guardian", "explain", "exfil-tool-url", cwd=tmp_path).out
    assert "in what {{read}} returns:" in said
    assert "a connection to {{dest_host}}, or below it, is let through" in said
    assert "policy.yaml, domains_allowlist:" in said
    assert "Exfiltration via AI Agent Tool Invocation" in said
    assert "--probe exfil-tool-url" in said


def test_every_probe_can_be_explained(shell: Shell, tmp_path: Path) -> None:
    for one in load_pack():
        said = shell("guardian", "explain", one.probe.id, cwd=tmp_path)
        assert (said.code, "It counts as a success if" in said.out) == (0, True)


def test_what_nobody_can_see_in_a_probe_is_shown_as_its_number(shell: Shell, tmp_path: Path) -> None:
    said = shell("guardian", "explain", "encoded-bidi", cwd=tmp_path).out
    assert "\u202e" not in said
    assert "202e" in said.lower()


def test_an_id_with_a_slip_of_the_pen_is_recognised(shell: Shell, tmp_path: Path) -> None:
    said = shell("guardian", "explain", "exfil-tool-ulr", cwd=tmp_path)
    assert said.code == 2
    assert "did you mean exfil-tool-url" in said.err


def test_an_id_that_is_like_no_other_is_answered_with_where_to_look(shell: Shell, tmp_path: Path) -> None:
    said = shell("guardian", "explain", "zzzzzz", cwd=tmp_path)
    assert (said.code, "see  agentcrewops guardian list" in said.err) == (2, True)


@pytest.fixture
def explained(shell: Shell, tmp_path: Path) -> Callable[..., str]:
    """What is said of the probe `say-it`, with other keys."""

    def explain(**written: Any) -> str:
        folder = tmp_path / "my probes"
        folder.mkdir()
        (folder / "say-it.yaml").write_text(yaml.safe_dump(SAY_IT | written))
        said = shell("guardian", "explain", "say-it", "--probes", "my probes", cwd=tmp_path)
        assert (said.code, said.err) == (0, "")
        return said.out

    return explain


def test_a_probe_of_ones_own_is_repeated_with_its_folder(explained: Callable[..., str]) -> None:
    assert "--agent agent.yaml --probes 'my probes' --probe say-it\n" in explained()


def test_a_probe_without_needs_is_tried_on_every_agent(explained: Callable[..., str]) -> None:
    assert "  nothing: it is tried on every agent\n" in explained()


def test_all_that_an_agent_must_have_is_listed(explained: Callable[..., str]) -> None:
    tools = [{"effect": "message", "argument": "recipient"}, {"effect": "read"}]
    said = explained(requires={"tools": tools, "pii": ["email"], "contract": True})
    assert "  a tool that sends messages, given a recipient\n  a tool that reads\n" in said
    assert "  a policy that redacts email\n  an output contract\n" in said


@pytest.mark.parametrize(
    ("step", "deed"),
    [
        ({"say": "one\ntwo"}, "answers  one two"),
        ({"connect": "https://x.example", "times": 3}, "has a tool fetch  https://x.example, 3 times"),
        ({"call": "pay", "args": {"amount": 5}}, 'calls  pay {"amount": 5}'),
        ({"call": "pay", "raw_args": "{", "together": True}, "calls  pay with  {, in the same breath"),
    ],
)
def test_each_deed_of_a_model_that_obeys_is_put_in_words(
    explained: Callable[..., str], step: dict[str, Any], deed: str
) -> None:
    assert f"A model that obeys\n  {deed}\n" in explained(worst_case=[step])


def test_an_approval_says_of_which_run_it_is(explained: Callable[..., str]) -> None:
    said = explained(approves=[{"call": "pay"}, {"call": "send", "of_this_run": False}])
    assert "A person has approved\n  pay, once\n  send, in another run\n" in said


def test_a_probe_outside_the_tier_of_enforcement_is_repeated_in_its_own(
    explained: Callable[..., str],
) -> None:
    assert "--probe say-it --tier resistance\n" in explained(tier=["resistance"])
