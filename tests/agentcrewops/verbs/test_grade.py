"""`canary grade` as a person types it."""

from __future__ import annotations

from pathlib import Path

from tests.agentcrewops.conftest import Shell
from tests.conftest import edit


def test_grade_judges_saved_samples_again_and_leaves_as_a_canary_does(shell: Shell, starter: Path) -> None:
    shell("canary", "--samples", 2, cwd=starter)
    edit(starter / "suite.yaml", "gate: { margin: 0.10,", "gate: { margin: 0.10, min_success_rate: 1.0,")
    edit(starter / "suite.yaml", 'success: "amount==15', 'success: "amount==16')
    said = shell("canary", "grade", "canary-out", cwd=starter)
    assert said.code == 1
    assert "of 24 runs are judged otherwise than before" in said.out
    assert "report: grade-out/report.html" in said.out
