"""`schema`: what editors and validators read."""

from __future__ import annotations

import json
from pathlib import Path

from agentcrewops.schemas import KINDS, schema_of
from agentcrewops.verbs.schema import Kind
from tests.agentcrewops.conftest import Shell


def test_every_published_schema_can_be_asked_for() -> None:
    assert [kind.value for kind in Kind] == list(KINDS)


def test_a_schema_is_printed_as_it_is(shell: Shell, tmp_path: Path) -> None:
    said = shell("schema", "probe", cwd=tmp_path)
    assert (said.code, json.loads(said.out)) == (0, schema_of("probe"))
