"""`guardian list`, `explain` and `new`: the pack as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from security_pack.catalog.catalog import load_pack
from tests.agentcrewops.conftest import Shell, shell
from tests.conftest import EXAMPLE, edit

__all__ = ["shell"]


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


def test_a_new_probe_is_one_of_the_pack_at_once(shell: Shell, tmp_path: Path) -> None:
    said = shell("guardian", "new", "my-own", "--family", "leaks", cwd=tmp_path)
    assert said.code == 0
    rows = json.loads(shell("guardian", "list", "--probes", "probes", "--json", cwd=tmp_path).out)
    assert rows[-1]["id"] == "my-own"
    assert rows[-1]["family"] == "leaks"


def test_a_new_probe_names_its_schema_for_editors(shell: Shell, tmp_path: Path) -> None:
    shell("guardian", "new", cwd=tmp_path)
    first = (tmp_path / "probes/my-probe.yaml").read_text().splitlines()[0]
    schema = tmp_path / "probes" / first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads(schema.read_text())["title"] == "Probe"


def test_a_new_probe_finds_the_schemas_that_init_wrote(shell: Shell, tmp_path: Path) -> None:
    shell("init", cwd=tmp_path)
    shell("guardian", "new", cwd=tmp_path)
    first = (tmp_path / "probes/my-probe.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../.agentcrewops/schema/probe.json"


def test_nothing_is_ever_overwritten(shell: Shell, tmp_path: Path) -> None:
    shell("guardian", "new", cwd=tmp_path)
    edit(tmp_path / "probes/my-probe.yaml", "severity: high", "severity: low")
    said = shell("guardian", "new", cwd=tmp_path)
    assert (said.code, "is already there" in said.err) == (2, True)
    assert "severity: low" in (tmp_path / "probes/my-probe.yaml").read_text()


@pytest.mark.parametrize("arguments", [("No Id",), ("fine", "--family", "strange")])
def test_a_name_that_is_none_is_refused_before_anything_is_written(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert shell("guardian", "new", *arguments, cwd=tmp_path).code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "probes").write_text("a file is in the way")
    said = shell("guardian", "new", cwd=tmp_path)
    assert (said.code, "cannot be written" in said.err) == (2, True)
