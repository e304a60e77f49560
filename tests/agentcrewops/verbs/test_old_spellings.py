"""Every old spelling still works, and names the new one on stderr: scripts read stdout."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from agentcrewops.verbs.old_spellings import MOVED, current_spelling
from tests.agentcrewops.conftest import Shell
from tests.conftest import edit

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "imports"
NOTE = "note: `agentcrewops {}` is now `agentcrewops {}`; the old spelling works until 1.0\n"


@pytest.fixture
def measured(shell: Shell, starter: Path) -> Path:
    """A project with the results of two runs per case, as one part and as two."""
    shell("canary", "-q", "-n", 2, cwd=starter)
    for part in (1, 2):
        shell("canary", "-q", "-n", 2, "--shard", f"{part}/2", "--out", f"s{part}", cwd=starter)
    return starter


@pytest.mark.parametrize(
    ("old", "arguments"),
    [
        ("merge", ("s1", "s2", "--out", "out", "--json")),
        ("grade", ("canary-out", "--out", "out", "--json")),
        ("report", ("canary-out",)),
        ("trend", ("canary-out", "--json")),
        ("import junit", (FIXTURES / "pytest.xml", "--out", "out.jsonl")),
        ("egress check", ("--json", "https://api.your-company.com/", "https://evil.invalid/")),
    ],
)
def test_a_moved_command_prints_and_exits_as_the_new_spelling_does(
    shell: Shell, measured: Path, old: str, arguments: tuple[str, ...]
) -> None:
    new = shell(*MOVED[old].split(), *arguments, cwd=measured)
    said = shell(*old.split(), *arguments, cwd=measured)
    assert (said.code, said.out) == (new.code, new.out)
    assert said.err == NOTE.format(old, MOVED[old]) + new.err
    assert said.out


def test_redact_still_reads_stdin(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"mail bob@example.com")))
    said = shell("redact", cwd=tmp_path)
    assert (said.code, said.out) == (0, "mail [EMAIL_1]")
    assert said.err == NOTE.format("redact", "policy redact")


def test_mcp_pin_still_says_that_there_is_nothing_to_pin(shell: Shell, starter: Path) -> None:
    said = shell("mcp", "pin", cwd=starter)
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith(NOTE.format("mcp pin", "agent mcp pin"))


def test_import_inspect_and_import_promptfoo_moved_too(capsys: pytest.CaptureFixture[str]) -> None:
    for reader in ("inspect", "promptfoo"):
        assert current_spelling(["import", reader, "x"]) == ["canary", "import", reader, "x"]
        assert capsys.readouterr().err == NOTE.format(f"import {reader}", f"canary import {reader}")


def test_the_help_of_an_old_spelling_is_that_of_the_new_one(shell: Shell, tmp_path: Path) -> None:
    assert "canary merge" in shell("merge", "--help", cwd=tmp_path).out


def test_validate_prints_facts_alone_and_names_check(shell: Shell, starter: Path) -> None:
    said = shell("validate", "--json", cwd=starter)
    assert said.err == NOTE.format("validate", "check --offline")
    assert list(json.loads(said.out)) == [
        "suite", "cases", "samples", "target", "agent", "model", "tools", "fingerprint"
    ]  # fmt: skip


def test_validate_still_leaves_with_2_and_the_problems_on_stderr(shell: Shell, starter: Path) -> None:
    edit(starter / "suite.yaml", "samples: 10", "sampels: 10")
    said = shell("validate", cwd=starter)
    assert (said.code, said.out) == (2, "")
    assert "suite.yaml:4: unknown key 'sampels'" in said.err


@pytest.mark.parametrize("old", ["validate", "doctor"])
def test_the_note_is_written_once_without_arguments_too(shell: Shell, starter: Path, old: str) -> None:
    assert shell(old, cwd=starter).err.count("note:") == 1


def test_doctor_prints_findings_alone_and_names_check(shell: Shell, starter: Path) -> None:
    said = shell("doctor", "--json", cwd=starter)
    assert (said.code, said.err) == (0, NOTE.format("doctor", "check"))
    assert {tuple(fact) for fact in json.loads(said.out)} == {("level", "what", "fix")}


def test_doctor_still_leaves_with_2_and_the_problem_on_stdout(shell: Shell, starter: Path) -> None:
    edit(starter / "suite.yaml", "samples: 10", "sampels: 10")
    said = shell("doctor", cwd=starter)
    assert (said.code, "problem  suite.yaml:4: unknown key 'sampels'" in said.out) == (2, True)


def test_a_new_spelling_says_nothing_of_old_ones(shell: Shell, measured: Path) -> None:
    assert shell("canary", "report", "canary-out", cwd=measured).err == ""


def test_fixed_is_one_look(shell: Shell, starter: Path) -> None:
    one = shell("canary", "-q", "-n", 2, "--fixed", "--json", cwd=starter).out
    assert one == shell("canary", "-q", "-n", 2, "--looks", "once", "--json", cwd=starter).out
