"""The table of metrics."""

from __future__ import annotations

import pytest

from evals.formatting.figures import plain
from evals.report.parts.metrics import WORDS, MetricRow, metric_rows
from evals.results.facts import ArmFacts, Facts
from evals.results.verdict import Comparison, MetricVerdict, Verdict, VerdictKind
from tests.fakes.results import rates

SUCCESS, P95 = "success_rate", "p95_latency_ms"


def facts(before: float | None, after: float | None, *, pass_k: int | None = None) -> Facts:
    arms = [ArmFacts(rates=rates(pass_hat_k=value, usd_per_run=value)) for value in (before, after)]
    return Facts(baseline=arms[0], candidate=arms[1], pass_k=pass_k)


def rows(facts: Facts | None = None, **metrics: Comparison) -> tuple[MetricRow, ...]:
    return metric_rows(Verdict(VerdictKind.DRIFT, "", metrics=metrics, facts=facts or Facts()))


def test_a_rate_moves_by_points_and_everything_else_by_a_ratio() -> None:
    fell = Comparison(MetricVerdict.DRIFT, 0.9, 0.8, -0.1, -0.15, -0.05)
    slower = Comparison(MetricVerdict.UNDECIDED, 1000, 1500, 1.5, 1.2, 1.8)
    success, p95 = rows(success_rate=fell, p95_latency_ms=slower)
    assert (success.change, success.interval) == ("−10 points", "−15 … −5")
    assert (p95.change, p95.interval) == ("×1.50", "×1.20 … ×1.80")
    assert (plain(success.baseline), plain(p95.candidate)) == ("90 %", "1.5 s")


@pytest.mark.parametrize("verdict", MetricVerdict)
def test_every_judgement_has_its_word_and_tone(verdict: MetricVerdict) -> None:
    [row] = rows(success_rate=Comparison(verdict, 0.9, 0.8, -0.1))
    assert (row.word, row.tone) == WORDS[verdict]


def test_what_is_not_known_of_a_metric_is_a_dash() -> None:
    [row] = rows(success_rate=Comparison(MetricVerdict.NOT_MEASURABLE, reason="nothing was measured"))
    assert (row.baseline, row.candidate, row.change, row.interval) == ("–", "–", "–", "–")
    assert "".join(span.text for span in row.note) == "nothing was measured"


def test_an_interval_with_one_end_is_not_shown_as_one() -> None:
    [row] = rows(usd_per_success=Comparison(MetricVerdict.UNDECIDED, 1, 2, 2, 1.5, None))
    assert row.interval == "–"


def test_the_rows_have_one_order_whichever_are_known() -> None:
    judged = Comparison(MetricVerdict.PASS, 1, 1, 1)
    some = rows(facts(0.5, 0.5, pass_k=3), usd_per_success=judged, success_rate=judged)
    assert [row.name for row in some] == ["Success rate", "pass^3", "$ per success", "$ per run"]


def test_what_is_shown_and_not_judged_has_no_word_and_no_interval() -> None:
    pass_k, usd = rows(facts(0.5, 0.25, pass_k=5))
    assert (pass_k.change, pass_k.word, pass_k.interval) == ("−25 points", "", "")
    assert (usd.change, usd.word, usd.tone) == ("×0.50", "", "plain")


def test_a_number_that_neither_arm_has_makes_no_row() -> None:
    assert rows(facts(None, None, pass_k=5)) == ()
    assert [row.name for row in rows(facts(0.5, None))] == ["$ per run"]


@pytest.mark.parametrize(("before", "after"), [(None, 0.5), (0.5, None), (0, 0.5)])
def test_a_cost_without_a_baseline_to_measure_it_by_moved_nobody_knows_how_far(
    before: float | None, after: float | None
) -> None:
    [row] = rows(facts(before, after))
    assert row.change == "–"
