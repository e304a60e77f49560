"""The rules of the static checks: names that last, entries that exist, and which of them never block."""

from __future__ import annotations

import pytest

from security_pack.assessment import static_rules
from security_pack.assessment.static_rules import INFORMING, INSTRUCTS, UNAPPROVED, Rule
from security_pack.catalog.probe import Severity
from security_pack.catalog.taxonomy import references_of
from security_pack.findings.findings import Location

RULES = [rule for rule in vars(static_rules).values() if isinstance(rule, Rule)]
PLACE = Location("agent.yaml", 17)


def test_a_finding_has_the_name_and_standing_of_its_rule() -> None:
    found = UNAPPROVED.finding("billing.refund", "it runs", "write it so", PLACE)
    assert (found.rule_id, found.severity) == ("static/unapproved-write", Severity.HIGH)
    assert (found.subject, found.message, found.fix) == ("billing.refund", "it runs", "write it so")
    assert (found.location, found.control, found.maps) == (PLACE, UNAPPROVED.control, UNAPPROVED.maps)


def test_a_rule_may_be_graver_or_milder_in_one_case() -> None:
    assert UNAPPROVED.finding("x", "", "", PLACE, Severity.MEDIUM).severity is Severity.MEDIUM


def test_a_static_finding_belongs_to_no_tier_and_blocks_nothing_by_itself() -> None:
    found = UNAPPROVED.finding("x", "", "", PLACE)
    assert (found.tier, found.blocking, found.rate) == (None, False, None)


def test_no_two_rules_share_a_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 12


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_mapped_to_a_weakness_and_to_risks_that_exist(rule: Rule) -> None:
    weaknesses = [f"CWE-{number}" for number in rule.maps.cwe]
    unknown = {reference.id for reference in references_of(rule.maps) if not reference.name}
    assert weaknesses
    assert unknown <= set(weaknesses)


def test_only_a_rule_that_reads_prose_is_for_information() -> None:
    assert {f"static/{INSTRUCTS.name}"} == INFORMING
