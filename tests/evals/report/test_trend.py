from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest

from evals.gate.trend import AgentVersion, Estimate, Point, Shift, Trend
from evals.report.trend import render_trend, trend_row, trend_section, version_changes

FIRST = date(2026, 3, 1)
AGENT = AgentVersion("sha256:1d77be0293ac4410")


def point(day: int, rate: float = 0.9, version: AgentVersion = AGENT, new: bool = False) -> Point:
    spread = Estimate(rate, rate - 0.05, rate + 0.05)
    return Point(
        FIRST + timedelta(days=day),
        version,
        new,
        12,
        120,
        spread,
        Estimate(1200.0, 1100.0, 1300.0),
        Estimate(0.01),
    )


def shift(change: float | None = None, *, endpoint: bool = False, version: AgentVersion = AGENT) -> Shift:
    still = Shift(version, endpoint, FIRST, FIRST + timedelta(days=9), visible=0.041)
    if change is None:
        return still
    moved = Estimate(change, change - 0.02, change + 0.02)
    return replace(still, since=date(2026, 3, 12), cases=12, before=0.91, after=0.91 + change, change=moved)


def words(one: Shift, *, simulated: bool = False) -> str:
    ((sentence, _),) = version_changes(Trend("s", simulated, (point(0),), (one,)))
    return sentence.replace("\u202f", " ")


def test_a_fall_under_an_unchanged_agent_names_the_likely_cause() -> None:
    assert words(shift(-0.07)) == (
        "The agent did not change (`1d77be0293ac`); success **fell 91 % → 84 %** (−7 points, "
        "90 % interval −9 … −5, 12 cases) since 12 March 2026: provider drift is likely."
    )


def test_a_rise_is_no_alarm() -> None:
    ((sentence, tone),) = version_changes(Trend("s", False, (), (shift(0.07),)))
    assert "rose" in sentence
    assert tone == "good"


def test_of_an_endpoint_only_the_request_is_known() -> None:
    sentence = words(shift(-0.07, endpoint=True, version=AgentVersion("abc", "v7")))
    assert "The request to the service did not change (`abc v7`) and it still calls itself `v7`" in sentence
    assert sentence.endswith("the service, or the model behind it, changed.")


def test_a_simulated_fall_blames_no_provider() -> None:
    assert words(shift(-0.07), simulated=True).endswith("so its simulation changed.")


def test_no_change_says_what_would_have_been_seen() -> None:
    assert "no change is visible: a lasting fall of 5 points would be seen" in words(shift())


def test_one_day_says_nothing() -> None:
    ((sentence, _),) = version_changes(Trend("s", False, (point(0),), (replace(shift(), visible=None),)))
    assert "nothing can be said of drift" in sentence


def test_a_row_is_written_as_everywhere_else() -> None:
    row = trend_row(point(0))
    assert (row.version, row.success, row.usd, row.usd_interval) == (
        "1d77be0293ac",
        "90\u202f%",
        "$0.010",
        "",
    )


def test_there_is_nothing_to_draw_of_one_day() -> None:
    assert trend_section(Trend("s", False, (point(0),), ())).charts == ()


@pytest.mark.parametrize("rates", [(0.9, 0.9), (0.0, 1.0), (1.0, 1.0), (0.901, 0.902)])
def test_every_mark_is_inside_its_chart(rates: tuple[float, float]) -> None:
    trend = Trend("s", False, tuple(point(day, rate) for day, rate in enumerate(rates)), ())
    for chart in trend_section(trend).charts:
        heights = [float(place) for mark in chart.marks for place in (mark.y, mark.low, mark.high)]
        assert all(10 <= height <= 120 for height in heights)
        assert 2 <= len(chart.levels) <= 7
        assert len({level.label for level in chart.levels}) == len(chart.levels)


def test_a_cost_without_a_success_is_in_the_table_and_not_in_the_chart() -> None:
    free = replace(point(0), usd_per_success=Estimate(float("inf"), 1.0, float("inf")))
    section = trend_section(Trend("s", False, (free, point(1)), ()))
    assert section.rows[0].usd == "∞"
    assert [len(chart.marks) for chart in section.charts] == [2, 2, 1]


def test_the_page_runs_nothing_and_hostile_names_are_text() -> None:
    hostile = "</h1><script>alert(1)</script>\u202e"
    trend = Trend(hostile, True, (point(0, version=AgentVersion("f", hostile)),), (), (hostile,))
    page = unescape(render_trend([trend]).replace("&lt;", ""))
    assert "<script" not in page
    assert "\u202e" not in page
    assert "default-src 'none'; style-src 'sha256-" in page
