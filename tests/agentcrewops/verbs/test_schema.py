"""`schema`: what editors and validators read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell


@pytest.mark.parametrize(
    "kind", ["agent", "policy", "suite", "simulation", "verdict", "samples", "baseline", "probe"]
)
def test_every_file_format_has_a_schema(shell: Shell, tmp_path: Path, kind: str) -> None:
    schema = json.loads(shell("schema", kind, cwd=tmp_path).out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
