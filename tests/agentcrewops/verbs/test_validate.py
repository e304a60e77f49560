"""`validate`, the old spelling of `check --offline`: what it prints stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agentcrewops.conftest import Shell


def test_the_suite_of_the_starter_is_valid_and_validate_says_so(shell: Shell, starter: Path) -> None:
    said = shell("validate", "--json", cwd=starter)
    facts = json.loads(said.out)
    assert (said.code, facts["cases"], facts["agent"]) == (0, 12, "support-triage")
