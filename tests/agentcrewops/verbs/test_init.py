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
