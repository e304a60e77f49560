"""`compare` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agentcrewops.conftest import Shell


def test_strict_turns_undecided_into_a_failure(shell: Shell, tmp_path: Path) -> None:
    for name, passed in (("a", 7), ("b", 6)):
        lines = [{"case_id": "c", "sample_index": i, "passed": i < passed} for i in range(10)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert shell("compare", "a.jsonl", "b.jsonl", "--out", "o", cwd=tmp_path).code == 0
    assert shell("compare", "a.jsonl", "b.jsonl", "--out", "o", "--strict", cwd=tmp_path).code == 1
