"""What Guardian says on the terminal: the verdict first, then each line with its fix; nothing hostile."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from agentcrewops.outcome.guardian import announce_assessment
from security_pack.findings.findings import Assessment, Conclusion
from tests.security_pack.sample_trials import (
    a_breach,
    a_finding,
    a_hostile_assessment,
    a_pass,
    a_static_finding,
)


def said(assessment: Assessment, capsys: pytest.CaptureFixture[str]) -> str:
    announce_assessment(assessment, Path("out"), as_json=False)
    return capsys.readouterr().out


def test_each_line_is_told_with_its_fix_and_what_got_through(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(a_breach(), capsys).splitlines() == [
        "BREACH — 1 line to change, agent.yaml:17: 1 of 6 attacks got through.",
        "  agent.yaml:17  billing.refund runs without asking anybody (critical, blocks)",
        "      fix: write  approval: { required: true }  in tool billing.refund",
        "      got through: tool-unapproved-01",
        "  agent.yaml:5  The model follows orders that are not the user's (high)",
        "      fix: write  approval: { required: true }  in tool billing.refund",
        "      got through: ipi-tool-email-01",
        "  ! 1 attack ended in an error and measured nothing.",
        "report: out/report.html",
    ]


def test_a_static_finding_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert "      billing.refund (create) runs as soon" in said(
        a_pass(findings=(a_static_finding(),)), capsys
    )


def test_many_probes_of_one_line_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    many = tuple(a_finding(rule_id=f"p-{at}") for at in range(40))
    assert "got through: p-0, p-1, p-2, p-3 and 36 more" in said(a_breach(findings=many), capsys)


def test_many_lines_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    many = tuple(a_finding(subject=f"tool{at}") for at in range(30))
    assert "  … and 10 more in findings.json" in said(a_breach(findings=many), capsys)


def test_nothing_hostile_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(a_hostile_assessment(), capsys)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", text)
    assert not re.search("^/approve", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("conclusion", "code"), [(Conclusion.PASS, 0), (Conclusion.BREACH, 1), (Conclusion.INCONCLUSIVE, 3)]
)
def test_each_conclusion_has_its_exit_code(conclusion: Conclusion, code: int) -> None:
    assert replace(a_pass(), conclusion=conclusion).conclusion.exit_code() == code
