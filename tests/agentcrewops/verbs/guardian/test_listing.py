"""`guardian list`: the pack as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from security_pack.catalog.catalog import load_pack
from tests.agentcrewops.conftest import Shell
from tests.conftest import EXAMPLE


def test_every_probe_of_the_pack_is_listed(shell: Shell, tmp_path: Path) -> None:
    said = shell("guardian", "list", cwd=tmp_path)
    assert said.code == 0
    assert said.out.count("\n") == len(load_pack()) + 1
    assert "indirect-tool-result" in said.out


def test_a_list_can_be_narrowed_down(shell: Shell, tmp_path: Path) -> None:
    flags = ("--family", "leaks", "--severity", "high", "--tier", "resistance")
    rows = json.loads(shell("guardian", "list", *flags, "--json", cwd=tmp_path).out)
    assert [row["id"] for row in rows] == ["leak-other-customer"]


@pytest.mark.parametrize(
    ("flag", "known"), [("--family", "leaks"), ("--severity", "high"), ("--tier", "resistance")]
)
def test_a_word_that_is_not_known_is_refused_with_those_that_are(
    shell: Shell, tmp_path: Path, flag: str, known: str
) -> None:
    said = shell("guardian", "list", flag, "strange", cwd=tmp_path)
    assert said.code == 2
    assert known in said.err


def test_a_list_for_an_agent_says_what_each_probe_attacks_and_why_one_cannot(
    shell: Shell, tmp_path: Path
) -> None:
    agent = EXAMPLE / "agent.yaml"
    rows = json.loads(shell("guardian", "list", "--agent", agent, "--json", cwd=tmp_path).out)
    by_id = {row["id"]: row for row in rows}
    assert by_id["direct-override"]["attacks"] == ["billing.refund"]
    assert by_id["tool-needless-deletion"]["why_not"] == "the agent has no tool that deletes"
    said = shell("guardian", "list", "--agent", agent, cwd=tmp_path).out
    assert "probes apply" in said
    assert "→ the agent itself" in said


@pytest.mark.parametrize(
    ("least", "shown"),
    [("critical", {"critical"}), ("medium", {"critical", "high", "medium"})],
)
def test_a_severity_lets_the_worse_ones_in_too(
    shell: Shell, tmp_path: Path, least: str, shown: set[str]
) -> None:
    rows = json.loads(shell("guardian", "list", "--severity", least, "--json", cwd=tmp_path).out)
    assert {row["severity"] for row in rows} == shown


def test_where_no_probe_is_left_it_says_so(shell: Shell, tmp_path: Path) -> None:
    said = shell("guardian", "list", "--family", "leaks", "--severity", "critical", cwd=tmp_path)
    assert (said.code, said.out) == (0, "no probe is like that\n")


def test_each_line_has_a_letter_for_each_tier_of_its_probe(shell: Shell, tmp_path: Path) -> None:
    said = shell("guardian", "list", "--family", "leaks", cwd=tmp_path).out
    rows = json.loads(shell("guardian", "list", "--family", "leaks", "--json", cwd=tmp_path).out)
    for line, row in zip(said.splitlines(), rows, strict=False):
        letters = line.split(row["title"])[0].split()[3:]
        assert "".join(letters) == "".join(tier[0].upper() for tier in row["tiers"])
