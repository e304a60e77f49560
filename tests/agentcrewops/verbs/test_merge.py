"""`canary --shard` and `canary merge`, as a workflow types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell


def test_shards_and_a_merge_say_what_one_machine_says(shell: Shell, starter: Path) -> None:
    whole = shell("canary", "-q", "-n", 3, "--looks", "once", "--json", cwd=starter)
    for number in (1, 2):
        said = shell("canary", "-q", "-n", 3, "--shard", f"{number}/2", "--out", f"s{number}", cwd=starter)
        assert said.code == 0
        assert said.out.startswith(f"SHARD {number}/2 — 18 of 18 runs made")
    merged = shell("canary", "merge", "s1", "s2", "--out", "merged", "--json", cwd=starter)
    assert (merged.code, merged.out) == (whole.code, whole.out)


def test_a_merge_without_one_of_its_shards_exits_with_3_and_says_which(shell: Shell, starter: Path) -> None:
    shell("canary", "-q", "-n", 3, "--shard", "1/2", "--out", "s1", cwd=starter)
    said = shell("canary", "merge", "s1", cwd=starter)
    assert said.code == 3
    assert "shard 2/2 is missing" in said.out


def test_a_merge_of_nothing_readable_exits_with_3(shell: Shell, tmp_path: Path) -> None:
    said = shell("canary", "merge", "gone", cwd=tmp_path)
    assert said.code == 3
    assert "gone/shard.json: does not exist" in said.err


def test_a_shard_that_met_only_broken_infrastructure_exits_with_3(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(
        'suite: s\ntarget: { http: { url: "http://127.0.0.1:9/run" } }\nsamples: 2\n'
        "cases: [{ case_id: a, input: hi, success: \"contains('yes')\" }]\n"
    )
    said = shell("canary", "-q", "--shard", "1/2", cwd=tmp_path)
    assert said.code == 3
    assert "run this shard again" in said.out


def test_a_shard_that_should_look_is_bad_input(shell: Shell, starter: Path) -> None:
    said = shell("canary", "--shard", "1/2", "--looks", "3,5", cwd=starter)
    assert said.code == 2
    assert "--looks: does not go with --shard" in said.err


@pytest.mark.parametrize("text", ["3/2", "0/1", "x"])
def test_a_shard_that_cannot_be_is_bad_input(shell: Shell, starter: Path, text: str) -> None:
    said = shell("canary", "--shard", text, cwd=starter)
    assert said.code == 2
    assert "as in 2/4" in said.err


def test_a_shard_as_json_says_which_and_how_far(shell: Shell, starter: Path) -> None:
    said = shell("canary", "-q", "-n", 3, "--shard", "2/4", "--json", cwd=starter)
    assert json.loads(said.out) == {"shard": "2/4", "runs": 9, "planned": 9, "trouble": ""}
