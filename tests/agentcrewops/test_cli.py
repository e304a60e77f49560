"""The command line as a whole: what its help names, its first commands, its version."""

from __future__ import annotations

import tomllib
from pathlib import Path

from typer.main import get_command

from agentcrewops import __version__, cli
from tests.agentcrewops.conftest import Shell

ROOT = Path(__file__).resolve().parents[2]
PANELS = {
    "Start": ["init", "check", "run"],
    "Judge": ["canary", "guardian", "compare", "baseline", "case"],
    "Publish": ["publish"],
    "Operate": ["agent", "policy"],
}
VERBS = [verb for verbs in PANELS.values() for verb in verbs]


def test_help_names_every_verb_and_the_next_command(shell: Shell, tmp_path: Path) -> None:
    said = shell("--help", cwd=tmp_path)
    assert said.code == 0
    for verb in VERBS:
        assert f"\n  {verb} " in said.out
    assert "agentcrewops init my-agent" in said.out


def test_every_command_that_is_not_hidden_stands_in_a_panel_of_the_help() -> None:
    app = get_command(cli.app)
    assert isinstance(app, cli.Commands)
    shown = [name for name, command in app.commands.items() if not command.hidden]
    assert sorted(shown) == sorted(VERBS)
    assert {heading: list(rows) for heading, rows in app.panels.items()} == PANELS


def test_every_verb_explains_itself(shell: Shell, tmp_path: Path) -> None:
    for verb in VERBS:
        assert "Usage:" in shell(verb, "--help", cwd=tmp_path).out


def test_the_newcomers_first_two_commands_work(shell: Shell, tmp_path: Path) -> None:
    said = shell("init", "x", cwd=tmp_path)
    assert said.code == 0
    assert "agentcrewops canary --suite suite.yaml" in said.out
    said = shell("canary", "--suite", "suite.yaml", "--samples", 3, cwd=tmp_path / "x")
    assert said.code == 0
    assert said.out.startswith("NO BASELINE (simulated)")
    assert "report: canary-out/report.html" in said.out


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert __version__ == project["version"]
