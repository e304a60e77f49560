from __future__ import annotations

import math

import pytest

from evals.formatting import figures
from evals.results.verdict import Comparison, MetricVerdict


@pytest.mark.parametrize(
    ("rate", "written"),
    [(0.833, "83 %"), (1.0, "100 %"), (0.999, "99.9 %"), (0.001, "0.1 %"), (None, "–"), (math.nan, "–")],
)
def test_a_rate_never_rounds_a_failure_away(rate: float | None, written: str) -> None:
    assert figures.percent(rate) == written.replace(" ", "\u202f")


@pytest.mark.parametrize(
    ("change", "written"),
    [(-0.1, "−10"), (0.05, "+5"), (0.0, "0"), (-0.004, "−0.4"), (None, "–"), (-0.0001, "0")],
)
def test_points_have_a_sign_and_a_real_minus(change: float | None, written: str) -> None:
    assert figures.points(change) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (840.4, "840_ms"),
        (1240, "1.24_s"),
        (999.9, "1_s"),
        (125_000, "2_min 05_s"),
        (None, "–"),
        (math.inf, "–"),
    ],
)
def test_latency_takes_the_unit_that_fits(value: float | None, written: str) -> None:
    assert figures.milliseconds(value) == written.replace("_", "\u202f")


@pytest.mark.parametrize(
    ("value", "written"),
    [(12.3, "$12.30"), (0.00042, "$0.00042"), (0, "$0"), (0.1, "$0.10"), (math.inf, "∞"), (None, "–")],
)
def test_money_keeps_two_digits_that_matter(value: float | None, written: str) -> None:
    assert figures.usd(value) == written


def test_a_ratio_says_times() -> None:
    assert [figures.ratio(value) for value in (1.254, math.inf, None)] == ["×1.25", "×∞", "–"]


def test_one_thing_is_singular() -> None:
    assert (figures.count(1, "case"), figures.count(1200, "case")) == ("1 case", "1,200 cases")


def test_rates_that_are_compared_never_read_the_same_unless_they_are() -> None:
    assert list(map(figures.plain, figures.percents(0.917, 0.92))) == ["91.7 %", "92.0 %"]
    assert list(map(figures.plain, figures.percents(0.8, 0.9))) == ["80 %", "90 %"]


def test_a_comparison_gets_a_decimal_everywhere_or_nowhere() -> None:
    small = Comparison(MetricVerdict.PASS, 0.930, 0.926, -0.004, -0.011, 0.003)
    large = Comparison(MetricVerdict.PASS, 0.93, 0.83, -0.1, -0.16, -0.04)
    assert figures.change_of(small) == figures.Change("93.0\u202f%", "92.6\u202f%", "−0.4", "−1.1", "+0.3")
    assert figures.change_of(large) == figures.Change("93\u202f%", "83\u202f%", "−10", "−16", "−4")


def test_a_setting_is_written_as_it_was_set() -> None:
    assert [figures.exact(number) for number in (10.0, 2.5)] == ["10", "2.5"]
