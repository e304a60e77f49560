"""Guardian's report: the verdict first, then the lines to change; hostile text is text."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from evals.report.page import render_report
from security_pack.findings.findings import Assessment, Conclusion
from security_pack.report import guardian_section, render_guardian_report
from tests.evals.report.outline import Outline
from tests.evals.sample_results import baseline_result, candidate_result, verdict_of
from tests.security_pack.sample_trials import (
    a_breach,
    a_finding,
    a_hostile_assessment,
    a_pass,
    a_static_finding,
)


def words(assessment: Assessment) -> str:
    page = re.sub(r"<style>.*?</style>|<[^>]+>", " ", render_guardian_report(assessment), flags=re.DOTALL)
    return " ".join(unescape(page).split())


def both() -> str:
    candidate, baseline = candidate_result(), baseline_result()
    verdict = verdict_of(candidate, baseline)
    return render_report(verdict, candidate, baseline, (), (guardian_section(a_breach()),))


def test_the_verdict_comes_first_then_the_lines_to_change() -> None:
    text = words(a_breach())
    assert text.index("Breach 1 line to change, agent.yaml:17") < text.index("Lines to change")
    assert text.index("billing.refund runs without asking anybody critical blocks agent.yaml:17") > 0


def test_a_problem_says_its_fix_its_course_and_how_to_see_it_again() -> None:
    text = words(a_breach())
    assert "Fix write approval: { required: true } in tool billing.refund" in text
    assert 'call billing.refund({"order_id": "7"}) — executed' in text
    assert "See it again agentcrewops guardian --agent agent.yaml --probe tool-unapproved-01" in text


def test_a_rate_has_its_interval_and_its_blocked_attempts_beside_it() -> None:
    assert re.search(r"model 3/10 11 … 60.% 2 high", words(a_breach()))


@pytest.mark.parametrize(
    "row",
    ["got through 1", "blocked 1", "resisted 1", "broke 1", "not observed 1", "not applicable 1"],
)
def test_every_attack_is_counted_by_what_came_of_it(row: str) -> None:
    assert row in words(a_breach())


def test_what_did_not_apply_or_was_not_seen_says_why() -> None:
    text = words(a_breach())
    assert "mem-01 it has no memory" in text
    assert "leak-01 the target does not report tool calls" in text


def test_a_suppressed_problem_shows_reason_and_day() -> None:
    text = words(a_breach())
    assert "our page renders no images (until 2027-01-31)" in text[text.index("Suppressed") :]


def test_a_pass_shows_no_lines() -> None:
    text = words(a_pass())
    assert "Pass 1 attack tried, none got through." in text
    assert "Lines to change" not in text


def test_many_attacks_of_one_line_are_folded() -> None:
    many = tuple(a_finding(rule_id=f"p-{at}") for at in range(48))
    assert "and 43 more attacks" in words(a_breach(findings=many))


def test_every_conclusion_has_its_title() -> None:
    for conclusion in Conclusion:
        assert "<h1" in render_guardian_report(a_pass(conclusion=conclusion))


def test_the_page_admits_its_style_and_nothing_else() -> None:
    outline = Outline(render_guardian_report(a_hostile_assessment()))
    policy = next(meta for meta in outline.all("meta") if "http-equiv" in meta)["content"] or ""
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert outline.all("script") == []
    for tag, attributes in outline.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "a")
        assert not {"src", "srcset", "style"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]


def test_no_control_or_bidirectional_character_reaches_the_page() -> None:
    page = render_guardian_report(a_hostile_assessment())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", page)


def test_thousands_of_findings_do_not_make_a_huge_page() -> None:
    many = tuple(a_finding(rule_id=f"p-{at}", subject=f"tool{at % 200}") for at in range(4_000))
    page = render_guardian_report(a_breach(findings=many, probes=a_breach().probes * 800))
    assert "and 140 more problems, in findings.json" in page
    assert len(page) < 3_000_000


def test_a_static_problem_alone_has_no_course() -> None:
    text = words(a_pass(findings=(a_static_finding(),)))
    assert "billing.refund (create) runs as soon as the model asks for it." in text
    assert "See it again" not in text


def test_canarys_report_holds_the_section_below_and_names_it_above() -> None:
    page = both()
    outline = Outline(page)
    assert [link["href"] for link in outline.all("a")].count("#guardian") == 1
    assert "Guardian: Breach" in outline.words
    assert page.index("Every run of every case") < page.index('id="guardian"')
    assert len(outline.all("h1")) == 1


def test_ids_are_unique_in_the_common_report() -> None:
    ids = [str(attributes["id"]) for _, attributes in Outline(both()).tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_report_without_sections_is_as_before() -> None:
    candidate = candidate_result()
    page = render_report(replace(verdict_of(candidate, None)), candidate, None)
    assert "guardian" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
