"""How much a finding matters, and the exit code of all of them."""

from __future__ import annotations

import pytest

from agent_runtime.errors import Problem
from agentcrewops.checkup.findings import Finding, Level, bad_input, exit_code, ok

ADVICE = Finding(Level.ADVICE, "no cap", "set one")
PROBLEM = Finding(Level.PROBLEM, "no key", "export it")
UNREADABLE = bad_input(Problem("suite.yaml", 4, "unknown key", "did you mean 'samples'?"))


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([ok("fine"), ADVICE], 0),
        ([ok("fine"), PROBLEM], 1),
        ([UNREADABLE, PROBLEM, ADVICE], 2),
    ],
)
def test_the_worst_finding_decides_how_a_check_leaves(findings: list[Finding], code: int) -> None:
    assert exit_code(findings) == code


def test_a_file_that_cannot_be_used_is_named_with_its_line_if_it_has_one() -> None:
    assert (UNREADABLE.what, UNREADABLE.fix) == ("suite.yaml:4: unknown key", "did you mean 'samples'?")
    assert bad_input(Problem("suite.yaml", None, "does not exist", "")).what == "suite.yaml: does not exist"
