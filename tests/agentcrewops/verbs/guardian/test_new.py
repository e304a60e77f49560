"""`guardian new`: a probe to start from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell
from tests.conftest import edit


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
