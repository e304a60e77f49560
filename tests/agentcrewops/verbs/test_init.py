"""`init`: what a newcomer gets."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agentcrewops.conftest import Shell


def test_init_never_overwrites_a_file(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("mine")
    said = shell("init", cwd=tmp_path)
    assert said.code == 2
    assert "policy.yaml: is already there" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["policy.yaml"]


def test_what_init_writes_names_its_schemas_for_editors(shell: Shell, tmp_path: Path) -> None:
    shell("init", cwd=tmp_path)
    for kind in ("agent", "policy", "suite"):
        first = (tmp_path / f"{kind}.yaml").read_text().splitlines()[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads((tmp_path / schema).read_text())["$schema"].endswith("2020-12/schema")


def test_init_says_what_to_do_next_and_where(shell: Shell, tmp_path: Path) -> None:
    said = shell("init", "agents/triage", "--no-workflows", cwd=tmp_path)
    assert (said.code, "  cd agents/triage\n" in said.out) == (0, True)
    assert "workflows" not in said.out
    assert not (tmp_path / ".github").exists()


def test_workflows_alone_leave_what_is_there_as_it_is(shell: Shell, tmp_path: Path) -> None:
    shell("init", cwd=tmp_path)
    first = sorted((tmp_path / ".github/workflows").iterdir())[0]
    first.write_text("mine")
    said = shell("init", "--only-workflows", cwd=tmp_path)
    assert (said.code, said.out.startswith("0 workflows are in .github/workflows/")) == (0, True)
    assert "that are there were left alone" in said.out
    assert first.read_text() == "mine"


def test_git_ignores_what_runs_leave_but_not_the_schemas(shell: Shell, tmp_path: Path) -> None:
    shell("init", cwd=tmp_path)
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[:2] == [".agentcrewops/*", "!.agentcrewops/schema/"]


def test_a_place_that_cannot_be_written_is_named(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "agents").write_text("a file is in the way")
    said = shell("init", "agents/triage", cwd=tmp_path)
    assert (said.code, "cannot be written" in said.err) == (2, True)
