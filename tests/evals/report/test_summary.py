from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.formatting import markdown
from evals.report.summary import LONGEST, render_summary
from evals.results.verdict import Verdict, VerdictKind
from tests.evals.sample_results import HOSTILE_IDS, baseline_result, candidate_result, verdict_of

DRIFT = verdict_of(candidate_result(), baseline_result())


def test_the_verdict_comes_first() -> None:
    assert render_summary(DRIFT, None).startswith("**DRIFT** — success fell 93 % → 78 %")


def test_broken_cases_are_listed_with_their_score() -> None:
    assert "- `refund_over_limit` 10/10 → 2/10\n" in render_summary(DRIFT, None)


def test_warnings_are_folded() -> None:
    assert "<details><summary>2 warnings</summary>\n\n- 1 run could not" in render_summary(DRIFT, None)


def test_a_simulated_verdict_says_so() -> None:
    assert "*Simulated: no real model answered.*" in render_summary(DRIFT, None)
    assert "Simulated" not in render_summary(replace(DRIFT, simulated=False, warnings=()), None)


@pytest.mark.parametrize(
    ("hint", "written"),
    [
        ("canary-out/report.html", "`canary-out/report.html`"),
        ("https://ci.example/a b/report", "<https://ci.example/a%20b/report>"),
        ("https://ci.example/><img>", "<https://ci.example/%3E%3Cimg%3E>"),
    ],
)
def test_the_report_is_a_link_if_it_is_on_the_web(hint: str, written: str) -> None:
    assert f"Full report: {written}\n" in render_summary(DRIFT, hint)


def test_hostile_case_ids_stay_inside_their_code_span() -> None:
    verdict = replace(DRIFT, broken_cases=HOSTILE_IDS, warnings=(), reasons=())
    listed = render_summary(verdict, None).split("**Broken**")[1].split("**Watch")[0].strip().splitlines()
    assert len(listed) == len(HOSTILE_IDS)
    assert all(re.fullmatch(r"- `[^`|]+` ?", line) for line in listed)


def test_mentions_references_and_links_in_plain_text_are_broken() -> None:
    written = markdown.text("@team #12 https://a.example www.a.example GH-3 ![i](x) <b>")
    assert written == (
        "@\u200bteam #\u200b12 https:\u200b//a.example www\u200b.a.example GH-\u200b3 \\!\\[i\\](x) \\<b\\>"
    )


def test_no_line_can_be_a_command() -> None:
    verdict = replace(DRIFT, reasons=("nice\n/approve\n/fix",), broken_cases=("a\n/approve",))
    assert not re.search(r"^\s*/", render_summary(verdict, "x\n/approve"), re.MULTILINE)


@given(st.sampled_from("`|*\\<@\x1b\u202eé𝄞&"), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_it_never_grows_beyond_what_github_takes(letter: str, times: int) -> None:
    long = letter * (400 * times)
    verdict = Verdict(
        VerdictKind.DRIFT,
        long * 20,
        reasons=(long,) * 100,
        warnings=(long,) * 100,
        broken_cases=tuple(f"{number}{long}" for number in range(500)),
        watch_cases=tuple(f"{number}{long}" for number in range(500)),
        suite=long,
        agent=long,
        model=long,
    )
    assert len(render_summary(verdict, long)) <= LONGEST


def test_names_that_do_not_fit_are_counted() -> None:
    verdict = replace(DRIFT, broken_cases=tuple(f"case {number}" for number in range(100)))
    assert "- and 60 more cases" in render_summary(verdict, None)


def test_without_metrics_and_cases_there_is_still_a_verdict() -> None:
    verdict = Verdict(VerdictKind.NOT_MEASURED, "**NOT MEASURED** — nothing came back.")
    assert render_summary(verdict, None).startswith("**NOT MEASURED** — nothing came back.\n\nseed `0`")
