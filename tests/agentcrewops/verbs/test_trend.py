"""`canary trend` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agentcrewops.conftest import Shell


def test_the_trend_of_earlier_results_is_a_table_a_page_and_json(shell: Shell, starter: Path) -> None:
    for seed in (1, 2):
        shell("canary", "--samples", 2, "--seed", seed, "--out", f"nightly/{seed}", cwd=starter)
    said = shell("canary", "trend", "nightly", "--out", "trend.html", cwd=starter)
    assert said.code == 0
    assert said.out.startswith("support-triage (simulated)\n")
    assert "<h1" in (starter / "trend.html").read_text(encoding="utf-8")
    (trend,) = json.loads(shell("canary", "trend", "nightly", "--json", cwd=starter).out)
    assert trend["points"][0]["runs"] == 48


def test_a_trend_of_nothing_leaves_with_2(shell: Shell, tmp_path: Path) -> None:
    said = shell("canary", "trend", "nowhere", cwd=tmp_path)
    assert said.code == 2
    assert "nowhere: is not a folder" in said.err
