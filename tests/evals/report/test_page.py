from __future__ import annotations

import re
from dataclasses import replace

import pytest

from evals.report.page import render_report
from evals.results.records import CaseResult, Event, GraderBroke, Sample, SampleStatus, SuiteResult
from evals.results.verdict import Comparison, MetricVerdict, Verdict, VerdictKind
from tests.evals.report.outline import Outline
from tests.evals.sample_results import (
    HOSTILE_IDS,
    baseline_result,
    big_result,
    candidate_result,
    case,
    hostile_result,
    sample,
    verdict_of,
)


def drift() -> str:
    candidate, baseline = candidate_result(), baseline_result()
    return render_report(verdict_of(candidate, baseline), candidate, baseline)


def alone(result: SuiteResult) -> str:
    return render_report(verdict_of(result, None), result, None)


def test_the_verdict_is_the_first_heading_and_its_words_follow() -> None:
    words = " ".join(Outline(drift()).words.split())
    assert "Drift simulated No real model answered. Success fell 93 % → 78 %" in words


def test_the_policy_admits_one_style_and_one_script_by_hash_and_nothing_else() -> None:
    policy = next(meta for meta in Outline(drift()).all("meta") if "http-equiv" in meta)["content"] or ""
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives.pop("script-src").startswith("'sha256-")
    assert directives.pop("style-src").startswith("'sha256-")
    assert set(directives.values()) == {"'none'"}


def test_the_file_loads_nothing_and_has_no_inline_style_or_handler() -> None:
    for tag, attributes in Outline(drift()).tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not {"src", "srcset", "style"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]


def test_hostile_text_is_text() -> None:
    outline = Outline(alone(hostile_result()))
    assert len(outline.all("script")) == 1
    assert "document.documentElement.dataset.owned='3'" in outline.words


def test_no_control_or_bidirectional_character_reaches_the_page() -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", alone(hostile_result()))


def test_a_trace_that_is_no_web_address_is_no_link() -> None:
    assert all((link["href"] or "").startswith("#") for link in Outline(alone(hostile_result())).all("a"))


def test_a_web_trace_is_a_link_that_tells_nobody_where_it_was_clicked() -> None:
    traces = [link for link in Outline(drift()).all("a") if link.get("class") == "trace"]
    assert traces
    assert all(link["rel"] == "noopener noreferrer nofollow" for link in traces)


def test_broken_cases_come_first_then_watch_then_failing() -> None:
    names = re.findall(r"<h3>(.*?)</h3>", drift())
    assert names[:6] == [
        "refund_15_small",
        "refund_over_limit",
        "cancel_subscription",
        "language_german",
        "off_topic",
        "angry_customer",
    ]


def test_the_map_and_the_list_name_the_same_cases_in_the_same_order() -> None:
    page = drift()
    assert re.findall(r'<span class="name">(.*?)</span>', page) == re.findall(r"<h3>(.*?)</h3>", page)


def test_the_first_failed_run_is_told_with_steps_tool_costs_and_grades() -> None:
    words = " ".join(Outline(drift()).words.split())
    for told in (
        "First failed run: 1",
        "kb.search",
        '{"query": "refund policy"}',
        "412 ms",
        "amount==15 is false",
    ):
        assert told in words


def test_the_metrics_have_their_verdicts_and_pass_k_has_none() -> None:
    page = drift()
    rows = re.findall(r'<tr><th scope="row">([^<]+)(?:<small>.*?</small>)?</th><td data-name', page)
    assert rows == ["Success rate", "pass^5", "p95 latency", "$ per success", "$ per run"]


def test_the_interval_plot_is_told_to_a_screen_reader() -> None:
    assert "90 percent interval −19 to −12, margin −10." in drift()


def test_without_a_baseline_nothing_is_compared() -> None:
    page = alone(candidate_result())
    assert "No baseline" in page
    assert '<figure class="interval">' not in page
    assert "<span>Baseline</span>" not in page


def test_a_case_nobody_failed_has_no_transcript() -> None:
    assert "First failed run" not in alone(SuiteResult("s", (case("fine", 1.0),)))


def test_a_simulated_result_says_so_and_a_real_one_does_not() -> None:
    real = replace(candidate_result(), simulated=False)
    assert '<p class="simulated">' in drift()
    assert '<p class="simulated">' not in alone(real)


def test_a_verdict_without_metrics_or_runs_still_makes_a_page() -> None:
    verdict = Verdict(VerdictKind.NOT_MEASURED, "**NOT MEASURED** — nothing came back.")
    page = render_report(verdict, SuiteResult("s", (CaseResult("c", ()),)), SuiteResult("s", ()))
    assert "Nothing came back." in page


@pytest.mark.parametrize("kind", list(VerdictKind))
def test_every_verdict_has_a_page(kind: VerdictKind) -> None:
    result = candidate_result()
    assert "<h1" in render_report(replace(verdict_of(result, None), verdict=kind), result, None)


def test_metrics_that_could_not_be_measured_are_dashes() -> None:
    result = candidate_result()
    metrics = {"usd_per_success": Comparison(MetricVerdict.NOT_MEASURABLE, reason="no run reports its cost")}
    page = render_report(replace(verdict_of(result, None), metrics=metrics), result, None)
    assert "not measurable" in page
    assert "no run reports its cost" in page


def test_samples_that_know_nothing_but_their_outcome_are_shown() -> None:
    bare = Sample("c", 0, SampleStatus.AGENT_TIMEOUT, False)
    words = Outline(alone(SuiteResult("s", (CaseResult("c", (bare,)),)))).words
    assert "the agent did not finish in time" in words
    assert "nothing: the output is empty" in words


def test_a_very_long_output_is_cut_with_a_mark() -> None:
    long = replace(
        sample("c", 0, False, 1, 1), output="y" * 100_000, transcript=(Event("answer", "y" * 100_000),)
    )
    page = alone(SuiteResult("s", (CaseResult("c", (long,)),)))
    assert "cut here, 98,000 more characters" in page
    assert len(page) < 60_000


def test_a_grader_that_broke_is_no_failure() -> None:
    run = Sample("c", 0, SampleStatus.COMPLETED, None, (GraderBroke("judge", "answered HTML"),))
    words = Outline(alone(SuiteResult("s", (CaseResult("c", (run,)),)))).words
    assert "grader judge: answered HTML" in words
    assert "First failed run" not in words


def test_a_case_id_of_any_length_takes_one_short_line() -> None:
    page = alone(SuiteResult("s", (case("x" * 5_000, 0.0, 1),)))
    assert "x" * 161 not in page
    assert f"{'x' * 159}…" in page


def test_removed_cases_are_named() -> None:
    result = candidate_result()
    verdict = replace(verdict_of(result, baseline_result()), removed_cases=HOSTILE_IDS)
    assert "Only in the baseline: &lt;/script&gt;" in render_report(verdict, result, baseline_result())


def test_five_hundred_short_samples_stay_below_500_kb() -> None:
    result = big_result(50, 10, fail_rate=0.3)
    assert len(render_report(verdict_of(result, result), result, result).encode()) <= 500_000


@pytest.mark.parametrize(("cases", "runs"), [(2_000, 10), (20_000, 1), (20, 1_000)])
def test_twenty_thousand_samples_stay_below_15_mb(cases: int, runs: int) -> None:
    result = big_result(cases, runs, fail_rate=0.6)
    page = render_report(verdict_of(result, None), result, None)
    assert len(page.encode()) <= 15_000_000
    assert cases <= 2_000 or "18,000 more cases not listed here" in page
