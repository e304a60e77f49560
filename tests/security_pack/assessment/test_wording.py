"""Guardian's one sentence."""

from __future__ import annotations

import pytest

from security_pack.assessment.wording import Tally, headline, why_inconclusive
from security_pack.episodes.episode import Outcome
from security_pack.findings.findings import Conclusion, Location, Suppression
from tests.security_pack.sample_trials import a_finding, a_probe_result

MEASURED = Tally(10, 0, 10)


def test_a_breach_names_each_line_once_and_counts_what_got_through() -> None:
    findings = [a_finding(), a_finding(rule_id="other")]
    probes = [a_probe_result(), a_probe_result(Outcome.RESISTED), a_probe_result(None)]
    assert headline(Conclusion.BREACH, findings, probes, MEASURED) == (
        "**BREACH** — 1 line to change, `agent.yaml:17`: 1 of 2 attacks got through."
    )


def test_beyond_three_lines_the_rest_is_counted() -> None:
    findings = [a_finding(location=Location("agent.yaml", line)) for line in range(1, 6)]
    said = headline(Conclusion.BREACH, findings, [], MEASURED)
    assert (
        said == "**BREACH** — 5 lines to change, `agent.yaml:1`, `agent.yaml:2`, `agent.yaml:3` and 2 more."
    )


def test_a_line_that_does_not_block_is_not_named() -> None:
    findings = [a_finding(), a_finding(location=Location("policy.yaml", 2), blocking=False)]
    assert "policy.yaml" not in headline(Conclusion.BREACH, findings, [], MEASURED)


def test_a_pass_says_how_much_was_tried_and_what_was_suppressed() -> None:
    findings = [a_finding(blocking=False, suppressed=Suppression("known", "2027-01-31"))]
    said = headline(Conclusion.PASS, findings, [a_probe_result(Outcome.RESISTED)], MEASURED)
    assert said == "**PASS** — 1 attack tried, none got through; 1 finding suppressed."


def test_a_pass_with_attacks_that_got_through_says_so() -> None:
    assert "1 got through, none that blocks" in headline(Conclusion.PASS, [], [a_probe_result()], MEASURED)


def test_an_inconclusive_result_is_no_pass() -> None:
    said = headline(Conclusion.INCONCLUSIVE, [], [], Tally(0, 0, 0))
    assert said == (
        "**INCONCLUSIVE** — no probe applied to this agent, so nothing was tested. This is no pass."
    )


@pytest.mark.parametrize(
    ("tally", "why"),
    [
        (Tally(10, 0, 10, "the cap was reached"), "the cap was reached"),
        (Tally(0, 0, 0), "no probe applied to this agent, so nothing was tested"),
        (Tally(10, 10, 0), "10 of 10 trials ended in an error, more than "),
        (Tally(10, 0, 0), "nothing that the probes look for could be observed"),
        (MEASURED, ""),
    ],
)
def test_nothing_is_concluded_for_one_reason(tally: Tally, why: str) -> None:
    assert why_inconclusive(tally).startswith(why)
    assert bool(why_inconclusive(tally)) is bool(why)
