"""`agentcrewops guardian --tier resistance`, `guardian baseline` and `guardian merge`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.agentcrewops.conftest import Shell, shell
from tests.fakes.attacked import MAIL_OUT, attacked_suite

__all__ = ["shell"]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A suite whose agent falls every other time, and one probe of the user's own; the baseline never fell."""
    (tmp_path / "probes").mkdir()
    (tmp_path / "probes/mail-out.yaml").write_text(yaml.safe_dump(MAIL_OUT))
    attacked_suite(tmp_path, falls=0)
    return tmp_path


def only(*arguments: str) -> list[str]:
    return ["guardian", *arguments, "--suite", "suite.yaml", "--probes", "probes"]


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


@pytest.mark.usefixtures("small_pack")
def test_shards_are_merged_to_one_assessment(shell: Shell, desk: Path) -> None:
    attacked_suite(desk, falls=2)
    for number in ("1", "2"):
        made = shell(*only(), "--shard", f"{number}/2", "--out", number, "-q", cwd=desk)
        assert (made.code, made.err) == (0, "")
        assert "guardian merge" in made.out
    merged = shell("guardian", "merge", "1", "2", "--suite", "suite.yaml", "--probes", "probes", cwd=desk)
    assert (merged.code, merged.err) == (0, "")
    assert (desk / "guardian-out/report.html").is_file()
    assert shell("guardian", "merge", "1", "--suite", "suite.yaml", "--probes", "probes", cwd=desk).code == 3


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


@pytest.mark.usefixtures("small_pack")
def test_runs_that_measured_nothing_become_no_baseline(shell: Shell, desk: Path) -> None:
    attacked_suite(desk, concurrency=20)  # every run is tried thrice: they wait together
    (desk / "agent.py").write_text("def answer(input):\n    raise ConnectionError('away')\n")
    said = shell(*only("baseline"), "--runs", "2", "-q", cwd=desk)
    assert said.code == 3
    assert "no baseline is saved" in said.err
    assert not (desk / "baselines").exists()
