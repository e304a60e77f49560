"""`canary report` as a person types it."""

from __future__ import annotations

from pathlib import Path

from tests.agentcrewops.conftest import Shell


def test_the_report_can_be_rendered_again(shell: Shell, starter: Path) -> None:
    shell("canary", "--samples", 2, cwd=starter)
    (starter / "canary-out/report.html").unlink()
    assert shell("canary", "report", "canary-out", cwd=starter).out.strip() == "canary-out/report.html"
    assert (starter / "canary-out/report.html").exists()
