"""`guardian merge`: what one machine would have said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell
from tests.agentcrewops.verbs.guardian.conftest import only
from tests.fakes.attacked import attacked_suite


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


def test_a_shard_that_is_missing_is_named_and_nothing_is_concluded(shell: Shell, desk: Path) -> None:
    shell(*only(), "--shard", "1/2", "--out", "1", "-q", cwd=desk)
    said = shell(*only("merge", "1"), cwd=desk)
    assert said.code == 3
    assert "shard 2/2 is missing" in said.out
