from __future__ import annotations

import math

import pytest

from evals.formatting import figures


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
