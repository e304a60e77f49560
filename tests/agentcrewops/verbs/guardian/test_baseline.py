"""`guardian baseline`: what later checks are held against."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell
from tests.agentcrewops.verbs.guardian.conftest import only
from tests.fakes.attacked import attacked_suite


@pytest.mark.usefixtures("small_pack")
def test_runs_that_measured_nothing_become_no_baseline(shell: Shell, desk: Path) -> None:
    attacked_suite(desk, concurrency=20)  # every run is tried thrice: they wait together
    (desk / "agent.py").write_text("def answer(input):\n    raise ConnectionError('away')\n")
    said = shell(*only("baseline"), "--runs", "2", "-q", cwd=desk)
    assert said.code == 3
    assert "no baseline is saved" in said.err
    assert not (desk / "baselines").exists()


def test_results_that_are_there_are_saved_and_nothing_is_attacked(shell: Shell, desk: Path) -> None:
    shell(*only(), "--samples", "2", "--out", "out", "-q", cwd=desk)
    (desk / "agent.py").unlink()
    said = shell(*only("baseline"), "--from", "out", "--to", "kept.json", cwd=desk)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("saved kept.json\n")


def test_attacks_that_were_stopped_go_on_where_they_were(shell: Shell, desk: Path) -> None:
    assert shell(*only("baseline"), "--runs", "2", "-q", cwd=desk).code == 0
    again = shell(*only("baseline"), "--runs", "2", "--resume", "-q", cwd=desk)
    assert (again.code, again.err) == (0, "")
