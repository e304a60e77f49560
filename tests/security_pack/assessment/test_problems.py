"""Forty findings of one line are one problem to a person."""

from __future__ import annotations

from dataclasses import replace

from security_pack.assessment.problems import problems_of
from security_pack.catalog.probe import Control, Severity
from security_pack.findings.findings import Location, Suppression
from tests.security_pack.sample_trials import a_finding, a_static_finding


def test_what_one_line_lets_happen_is_one_problem() -> None:
    many = [a_finding(rule_id=f"probe-{at}", severity=Severity.HIGH) for at in range(40)]
    [problem] = problems_of([*many, a_static_finding()])
    assert (problem.title, problem.severity) == ("billing.refund runs without asking anybody", Severity.HIGH)
    assert (len(problem.findings), len(problem.probed)) == (41, 40)


def test_a_static_finding_says_best_what_it_is() -> None:
    [problem] = problems_of([a_finding(), a_static_finding(fix="write it so")])
    assert (problem.fix, problem.message) == ("write it so", a_static_finding().message)
    assert problem.severity is Severity.CRITICAL


def test_two_causes_on_one_line_stay_two_problems() -> None:
    line = Location("policy.yaml", 2)
    caps = a_finding(location=line, control=Control.POLICY_SPEND, subject="spend")
    assert len(problems_of([caps, replace(caps, control=Control.POLICY_REDACTION)])) == 2


def test_every_tool_has_its_own_problem() -> None:
    assert len(problems_of([a_finding(), a_finding(subject="mail.send")])) == 2


def test_a_key_of_the_policy_has_one_problem_whatever_the_subject() -> None:
    wild = a_finding(control=Control.POLICY_ALLOWLIST)
    assert len(problems_of([wild, replace(wild, subject="other")])) == 1


def test_what_is_suppressed_stands_apart() -> None:
    kept = a_finding(suppressed=Suppression("why not", "2027-01-31"), blocking=False)
    shown, hidden = problems_of([a_finding(), kept])
    assert (shown.blocking, shown.suppressed) == (True, None)
    assert (hidden.blocking, hidden.suppressed) == (False, kept.suppressed)


def test_without_blame_the_rule_is_the_cause() -> None:
    one = a_static_finding(control=None, rule_id="static/plain-http", title="A connection is not encrypted")
    problems = problems_of([one, replace(one, rule_id="static/secret-in-file")])
    assert [problem.title for problem in problems] == ["A connection is not encrypted"] * 2


def test_a_tools_name_is_no_format() -> None:
    assert problems_of([a_finding(subject="{0.__class__}")])[0].title.startswith("{0.__class__} runs")
