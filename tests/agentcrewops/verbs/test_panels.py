"""Help that teaches: panels, one example, exit codes; options that nobody reads are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.main import get_command

from agentcrewops import cli
from tests.agentcrewops.conftest import Shell


def headings(text: str) -> list[str]:
    return [line.rstrip(":") for line in text.splitlines() if line and line[0] != " " and line.endswith(":")]


def leaves(command: object, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command that does work, and is shown."""
    below = getattr(command, "commands", {})
    shown = [(name, one) for name, one in below.items() if not one.hidden]
    works = not below or getattr(command, "invoke_without_command", False)
    return [
        *([words] if works else []),
        *(leaf for name, one in shown for leaf in leaves(one, (*words, name))),
    ]


def test_the_options_of_a_canary_stand_in_panels_and_the_commands_below_it_after_them(
    shell: Shell, tmp_path: Path
) -> None:
    said = shell("canary", "--help", cwd=tmp_path).out
    panels = ["What", "How many", "Compare", "Spend", "Go on", "Output", "Options", "Commands"]
    assert headings(said) == panels
    for name in ("merge", "grade", "report", "trend", "import"):
        assert f"\n  {name} " in said


def test_a_verb_with_few_options_lists_them_in_one_panel(shell: Shell, tmp_path: Path) -> None:
    assert headings(shell("policy", "redact", "--help", cwd=tmp_path).out) == ["Options"]


@pytest.mark.parametrize("words", leaves(get_command(cli.app)), ids=" ".join)
def test_every_command_says_what_it_does_with_an_example_and_its_exit_codes(
    shell: Shell, tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = shell(*words, "--help", cwd=tmp_path).out
    assert "Example" in said
    assert f"agentcrewops {' '.join(words)}" in said.split("Example", 1)[1]
    assert "Exit" in said


def test_hidden_commands_still_run(shell: Shell, tmp_path: Path) -> None:
    assert shell("schema", "agent", cwd=tmp_path).code == 0
    assert "judge" in shell("action", "--help", cwd=tmp_path).out


@pytest.mark.parametrize(("verb", "below"), [("canary", "report"), ("guardian", "list")])
def test_an_option_before_the_command_that_would_not_read_it_is_refused(
    shell: Shell, tmp_path: Path, verb: str, below: str
) -> None:
    said = shell(verb, "--model", "sim:x", below, "x", cwd=tmp_path)
    assert said.code == 2
    assert f"--model: stands before `{below}`, which does not see it" in said.err


def test_a_refused_option_is_named_as_it_is_typed(shell: Shell, tmp_path: Path) -> None:
    assert "--json: stands before `report`" in shell("canary", "--json", "report", "x", cwd=tmp_path).err
