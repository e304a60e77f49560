from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.formatting import figures
from evals.report.parts.charts import Axis, distribution, interval_plot, quantile
from evals.results.verdict import Comparison, MetricVerdict

DROP = Comparison(MetricVerdict.DRIFT, 0.93, 0.78, -0.15, -0.19, -0.11)


def place(percent: str) -> float:
    return float(percent.removesuffix("%"))


def test_the_interval_lies_left_of_zero_and_around_the_change() -> None:
    plot = interval_plot(DROP, 0.10)
    assert plot
    assert place(plot.low) < place(plot.change.x) < place(plot.high) < place(plot.margin.x) < place(plot.zero)


def test_the_plot_says_in_words_what_it_shows() -> None:
    plot = interval_plot(DROP, 0.10)
    assert plot
    assert "Change −15 points, 90 percent interval −19 to −11, margin −10." in plot.description


@pytest.mark.parametrize("metric", [None, Comparison(MetricVerdict.NOT_MEASURABLE, candidate=0.5)])
def test_without_an_interval_there_is_no_plot(metric: Comparison | None) -> None:
    assert interval_plot(metric, 0.10) is None


def test_both_arms_share_one_scale() -> None:
    chart = distribution("Latency", [100.0, 200.0], [400.0, 800.0], figures.milliseconds)
    assert chart
    candidate, baseline = chart.series
    assert place(baseline.median_x) < place(candidate.median_x)


@pytest.mark.parametrize("values", [[5.0], [0.0, 0.0], [0.0, 3.0], [7.0] * 100])
def test_degenerate_values_still_make_a_chart(values: list[float]) -> None:
    chart = distribution("Cost", [], values, figures.usd)
    assert chart
    assert chart.series[0].runs == len(values)


def test_no_values_make_no_chart() -> None:
    assert distribution("Cost", [1.0], [], figures.usd) is None


def test_a_quantile_is_linear_between_its_neighbours() -> None:
    assert [quantile([4, 1, 3, 2], share) for share in (0, 0.5, 1)] == [1, 2.5, 4]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(0.01, 0.99))
def test_every_mark_of_any_plot_stays_inside_it(
    a: float, b: float, low: float, high: float, margin: float
) -> None:
    change = Comparison(MetricVerdict.UNDECIDED, a, b, b - a, min(low, high), max(low, high))
    plot = interval_plot(change, margin)
    assert plot
    marks = (plot.baseline.x, plot.candidate.x, plot.low, plot.high, plot.change.x, plot.zero, plot.margin.x)
    assert all(0 <= place(mark) <= 100 for mark in marks)


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_a_logarithmic_axis_keeps_the_order(a: float, b: float) -> None:
    axis = Axis(1e-6, 1e6, logarithmic=True)
    assert (axis.at(a) <= axis.at(b)) or a > b
