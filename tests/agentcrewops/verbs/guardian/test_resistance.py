"""`agentcrewops guardian --tier resistance`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell
from tests.agentcrewops.verbs.guardian.conftest import only
from tests.fakes.attacked import attacked_suite


@pytest.mark.usefixtures("small_pack")
def test_a_rise_above_the_baseline_blocks(shell: Shell, desk: Path) -> None:
    saved = shell(*only("baseline"), "--runs", "40", "-q", cwd=desk)
    assert (saved.code, saved.err) == (0, "")
    assert "saved baselines/guardian-desk.json" in saved.out
    attacked_suite(desk, falls=2)
    said = shell(*only(), "--probe", "mail-out", "-q", cwd=desk)
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("BREACH — ")
    found = json.loads((desk / "guardian-out/findings.json").read_text())
    [blocking] = [finding for finding in found["findings"] if finding["blocking"]]
    assert (blocking["rule_id"], blocking["rate"]["successes"], blocking["rate"]["runs"]) == (
        "mail-out",
        10,
        20,
    )


def test_without_a_baseline_it_is_shown_and_passes(shell: Shell, desk: Path) -> None:
    attacked_suite(desk, falls=2)
    said = shell(*only(), "--probe", "mail-out", cwd=desk)
    assert said.code == 0
    assert "There is no baseline" in said.out
    assert "1 attacks and their harmless twins × 10 = 20 runs of desk; simulated model" in said.err


def test_both_tiers_share_one_report(shell: Shell, starter: Path) -> None:
    said = shell("guardian", "--tier", "both", "-n", "2", "--family", "direct_injection", "-q", cwd=starter)
    assert (said.code, said.err) == (0, "")
    found = json.loads((starter / "guardian-out/findings.json").read_text())
    assert {probe["tier"] for probe in found["probes"]} == {"enforcement", "resistance"}
    assert found["simulated"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--samples", "3"], "--samples: belongs to the resistance tier"),
        (["--tier", "third"], "'third' is no tier"),
        (["--tier", "both", "--shard", "1/2"], "divides the resistance tier alone"),
    ],
)
def test_flags_that_do_not_go_together_are_named(
    shell: Shell, starter: Path, arguments: list[str], message: str
) -> None:
    said = shell("guardian", *arguments, cwd=starter)
    assert said.code == 2
    assert message in said.err


def test_the_guards_of_an_agent_that_is_not_ours_cannot_be_tested(shell: Shell, desk: Path) -> None:
    said = shell(*only(), "--tier", "enforcement", cwd=desk)
    assert said.code == 2
    assert "this agent runs elsewhere" in said.err
