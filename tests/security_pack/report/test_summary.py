"""summary.md: short, verdict first, and inert on GitHub."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evals.report.summary import LONGEST_WITH_SECTIONS, render_summary
from security_pack.findings.findings import Line, Location, Suppression
from security_pack.report import guardian_section, render_guardian_summary
from security_pack.report.summary import LONGEST
from tests.evals.sample_results import baseline_result, candidate_result, verdict_of
from tests.security_pack.sample_trials import (
    a_breach,
    a_finding,
    a_hostile_assessment,
    a_pass,
    a_probe_result,
)

CANARY = verdict_of(candidate_result(), baseline_result())


def test_the_verdict_comes_first_then_the_lines() -> None:
    lines = render_guardian_summary(a_breach(), "report.html").splitlines()
    assert lines[0].startswith("**BREACH** — 1 line to change, `agent.yaml:17`")
    assert lines[2] == (
        "- **critical** `agent.yaml:17` — billing.refund runs without asking anybody"
        "<br>Fix: `write approval: { required: true } in tool billing.refund`"
        "<br>Got through: `tool-unapproved-01`"
    )


def test_attacks_are_a_table() -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(render_guardian_summary(a_breach(), None))
    assert '<th style="text-align:right">got through</th>' in html
    assert html.count("<td") == 6


def test_what_does_not_block_is_folded() -> None:
    text = render_guardian_summary(a_breach(), None)
    assert "<details><summary>1 problem that does not block</summary>\n\n- **high** `agent.yaml:5`" in text
    assert "Because: our page renders no images (until 2027-01-31)" in text


def test_a_pass_is_short() -> None:
    text = render_guardian_summary(a_pass(), None)
    assert text.startswith("**PASS** — 1 attack tried, none got through.\n")
    assert "<details>" not in text


def test_hostile_text_is_inert() -> None:
    text = render_guardian_summary(a_hostile_assessment(), "x\n/approve")
    html = MarkdownIt("gfm-like", {"linkify": False, "html": False}).render(text.replace("<br>", " "))
    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html
    assert not re.search(r"^\s*/approve", text, re.MULTILINE)
    assert not re.search("[\x00-\x08\x1b\u202e]", text)
    assert "@team" not in re.sub(r"`[^`]*`", "", text)


def test_canarys_summary_has_guardian_below() -> None:
    text = render_summary(CANARY, "report.html", (guardian_section(a_breach()),))
    assert text.startswith("**DRIFT**")
    assert "\n### Guardian\n\n**BREACH** — 1 line to change" in text


@given(st.sampled_from("`|*\\<@\x1b\u202eé𝄞&"), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_it_never_grows_beyond_what_github_takes(letter: str, times: int) -> None:
    long = letter * (400 * times)
    finding = a_finding(
        title=long, message=long, fix=long, subject=long, transcript=(Line(long, long),), evidence=(long,)
    )
    findings = [
        replace(
            finding,
            rule_id=f"{long}{at % 9}",
            location=Location(f"{long}.yaml", at),
            blocking=at % 2 == 0,
            suppressed=Suppression(long, long) if at % 3 == 0 else None,
        )
        for at in range(300)
    ]
    assessment = a_breach(
        headline=long * 20,
        findings=tuple(findings),
        warnings=(long,) * 100,
        agent=long,
        commit=long,
        probes=(a_probe_result(title=long, note=long),) * 50,
    )
    assert len(render_guardian_summary(assessment, long)) <= LONGEST
    busy = replace(CANARY, reasons=(long,) * 100, warnings=(long,) * 100, headline=long * 20)
    assert len(render_summary(busy, long, (guardian_section(assessment),))) <= LONGEST_WITH_SECTIONS
