from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evals.gate.trend import AgentVersion, Estimate, Point, Trend
from evals.report.page import render_report
from evals.report.trend import render_trend
from evals.results.records import SuiteResult
from evals.results.verdict import Comparison, MetricVerdict
from security_pack.findings.findings import Assessment
from security_pack.report import guardian_section, render_guardian_report
from tests.browser.chromium import Tab, new_tab
from tests.evals.sample_results import (
    baseline_result,
    candidate_result,
    hostile_result,
    verdict_of,
)
from tests.security_pack.sample_trials import a_breach, a_hostile_assessment

pytestmark = pytest.mark.browser

SHOWN = "[...document.querySelectorAll('details.case')].filter(item => !item.hidden).length"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def report(folder: Path, candidate: SuiteResult, baseline: SuiteResult | None) -> Path:
    file = folder / "report.html"
    file.write_text(render_report(verdict_of(candidate, baseline), candidate, baseline), encoding="utf-8")
    return file


def look(page: Path, steps: Callable[[Tab], Awaitable[Any]], **window: Any) -> Any:
    async def session() -> Any:
        async with new_tab() as tab:
            await tab.open(page, **window)
            return await steps(tab)

    return asyncio.run(session())


def search(words: str) -> str:
    return (
        "(() => { const form = document.getElementById('filter'); form.elements.text.value = "
        f"'{words}'; form.dispatchEvent(new Event('input')); return {SHOWN}; }})()"
    )


@pytest.fixture
def drift(tmp_path: Path) -> Path:
    return report(tmp_path, candidate_result(), baseline_result())


def test_the_page_asks_for_nothing_and_its_own_policy_admits_it(drift: Path) -> None:
    async def steps(tab: Tab) -> None:
        assert await tab.run("document.getElementById('filter').hidden") is False
        assert await tab.run("getComputedStyle(document.querySelector('.masthead')).display") == "flex"
        assert tab.requests == [drift.as_uri()]
        assert tab.complaints == []

    look(drift, steps)


@pytest.mark.parametrize("width", [400, 768, 1_400])
@pytest.mark.parametrize("kind", ["drift", "hostile"])
def test_nothing_is_wider_than_the_window(tmp_path: Path, kind: str, width: int) -> None:
    results = {"drift": (candidate_result(30), baseline_result(30)), "hostile": (hostile_result(), None)}

    async def steps(tab: Tab) -> Any:
        await tab.run("document.querySelectorAll('details').forEach(item => item.open = true)")
        return await tab.run(OVERFLOW)

    assert look(report(tmp_path, *results[kind]), steps, width=width) <= 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1_400])
def test_a_trend_fits_the_window_and_loads_nothing(tmp_path: Path, width: int, dark: bool) -> None:
    spread = Estimate(0.9, 0.8, 0.95)
    points = tuple(
        Point(
            date(2026, 3, day), AgentVersion("f" * 64, "v" * 200), day == 9, 12, 120, spread, spread, spread
        )
        for day in range(1, 30)
    )
    page = tmp_path / "trend.html"
    page.write_text(render_trend([Trend("s" * 300, True, points, ())]), encoding="utf-8")

    async def steps(tab: Tab) -> Any:
        assert tab.complaints == []
        assert tab.requests == [page.as_uri()]
        return await tab.run(OVERFLOW)

    assert look(page, steps, width=width, dark=dark) <= 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1_400])
@pytest.mark.parametrize("found", [a_breach(), a_hostile_assessment()], ids=["breach", "hostile"])
def test_guardians_report_fits_the_window_and_loads_and_runs_nothing(
    tmp_path: Path, found: Assessment, width: int, dark: bool
) -> None:
    page = tmp_path / "report.html"
    page.write_text(render_guardian_report(found), encoding="utf-8")

    async def steps(tab: Tab) -> Any:
        await tab.run("document.querySelectorAll('details').forEach(item => item.open = true)")
        assert tab.complaints == []
        assert tab.requests == [page.as_uri()]
        return await tab.run(OVERFLOW)

    assert look(page, steps, width=width, dark=dark) <= 0


@pytest.mark.parametrize("width", [400, 1_400])
def test_the_common_report_fits_and_its_link_leads_to_guardian(tmp_path: Path, width: int) -> None:
    candidate, baseline = candidate_result(), baseline_result()
    page = tmp_path / "report.html"
    sections = (guardian_section(a_breach()),)
    verdict = verdict_of(candidate, baseline)
    page.write_text(render_report(verdict, candidate, baseline, (), sections), encoding="utf-8")

    async def steps(tab: Tab) -> Any:
        await tab.run("document.querySelector('a[href=\"#guardian\"]').click()")
        assert tab.complaints == []
        assert await tab.run("location.hash") == "#guardian"
        return await tab.run(OVERFLOW)

    assert look(page, steps, width=width) <= 0


def test_the_keyboard_reaches_the_search_and_a_case(drift: Path) -> None:
    async def steps(tab: Tab) -> list[Any]:
        await tab.run("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true}))")
        searching = await tab.run("document.activeElement.name")
        await tab.run(
            "new Promise(done => { addEventListener('hashchange', () => setTimeout(done)); location.hash = '#case-9' })"
        )
        return [searching, await tab.run("document.activeElement.closest('details').id")]

    assert look(drift, steps) == ["text", "case-9"]


def test_labels_of_the_interval_plot_never_lie_on_each_other(tmp_path: Path) -> None:
    collisions = (
        "(() => { const boxes = [...document.querySelectorAll('.interval text')].map(t => t.getBoundingClientRect());"
        " return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => a.left < b.right && b.left < a.right"
        " && a.top + 3 < b.bottom && b.top + 3 < a.bottom)).length })()"
    )
    result, before = candidate_result(), baseline_result()
    plain = verdict_of(result, before)
    for change in (-0.9, -0.151, -0.1, 0.0, 0.004, 0.4):
        rates = Comparison(
            MetricVerdict.UNDECIDED, 0.5 - change / 2, 0.5 + change / 2, change, change - 0.01, change + 0.01
        )
        verdict = replace(plain, metrics={**plain.metrics, "success_rate": rates})
        page = tmp_path / "report.html"
        page.write_text(render_report(verdict, result, before), encoding="utf-8")
        assert look(page, lambda tab: tab.run(collisions), width=400) == 0, change


def test_search_and_filter_leave_the_cases_that_match(drift: Path) -> None:
    async def steps(tab: Tab) -> list[Any]:
        return [
            await tab.run(search("refund_over")),
            await tab.run(search("no such words")),
            await tab.run(search("")),
            await tab.run(f"document.querySelector('[value=broken]').click(), {SHOWN}"),
        ]

    assert look(drift, steps) == [1, 0, 12, 3]


def test_the_map_hides_the_rows_of_hidden_cases(drift: Path) -> None:
    async def steps(tab: Tab) -> Any:
        await tab.run(search("off_topic"))
        return await tab.run("[...document.querySelectorAll('a.row')].filter(row => !row.hidden).length")

    assert look(drift, steps) == 1


def test_hostile_output_runs_nothing(tmp_path: Path) -> None:
    async def steps(tab: Tab) -> None:
        await tab.run("document.querySelectorAll('details').forEach(item => item.open = true)")
        assert await tab.run("document.documentElement.dataset.owned ?? 'nobody'") == "nobody"
        assert tab.complaints == []
        assert len(tab.requests) == 1

    look(report(tmp_path, hostile_result(), None), steps)


def test_the_theme_follows_the_system_until_the_reader_chooses(drift: Path) -> None:
    async def steps(tab: Tab) -> list[Any]:
        paper = "getComputedStyle(document.body).backgroundColor"
        return [await tab.run(paper), await tab.run(f"document.getElementById('theme').click(), {paper}")]

    assert look(drift, steps, dark=True) == ["rgb(21, 23, 26)", "rgb(253, 253, 251)"]


def test_a_link_of_the_map_opens_its_case(drift: Path) -> None:
    async def steps(tab: Tab) -> Any:
        await tab.run("location.hash = '#case-9', new Promise(done => setTimeout(done))")
        return await tab.run("document.getElementById('case-9').open")

    assert look(drift, steps) is True
