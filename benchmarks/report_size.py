"""How large the report is, how long it takes to make, and how soon a browser has opened it.

    python benchmarks/report_size.py [--json]

With short answers each suite is compared with a baseline of its size; with the longest texts that a report can
meet it stands alone. The CPU time is that of the gate and of the three files people read, from results in memory;
chromium opens the page from disk.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from benchmarks.table import Row, leave, print_rows
from evals.gate.gate import decide
from evals.report.folder import render_results
from evals.report.result import CanaryResult
from evals.results.records import CaseResult, Event, Sample, SuiteResult
from evals.suite.suite_file import GateSettings
from tests.browser.chromium import new_tab
from tests.evals.sample_results import big_result

DESIGNS = (
    (50, 10, False),
    (2_000, 10, False),
    (2_000, 10, True),
    (10_000, 10, False),
    (1_000, 100, False),
    (1_000, 100, True),
)
"""Cases, runs of each, and whether their texts are long."""
MOST_MEGABYTES = 15.0
MOST_SECONDS_OPEN = 3.0
MOST_SECONDS_MADE = 60.0
LONG = '<p class="x">Ünïcode & "markup", which grows when it is escaped.</p>\n' * 60


@dataclass(frozen=True, slots=True)
class Figures:
    """One report."""

    megabytes: float
    seconds_judged: float
    seconds_made: float
    peak_megabytes: float
    seconds_open: float


def wordy(result: SuiteResult) -> SuiteResult:
    """The same outcomes with the longest texts everywhere: names, inputs, answers, reasons, transcripts."""
    return replace(result, cases=tuple(wordy_case(case) for case in result.cases))


def wordy_case(case: CaseResult) -> CaseResult:
    """One long name, twenty tags, long runs."""
    name = f"{case.case_id} {LONG}"[:200]
    tags = tuple(f"tag {number} {LONG}"[:100] for number in range(20))
    samples = tuple(wordy_run(name, run) for run in case.samples)
    return replace(case, case_id=name, tags=tags, input_text=LONG, samples=samples)


def wordy_run(case_id: str, run: Sample) -> Sample:
    """Long steps; texts are shared, so that the suite itself fits into memory."""
    steps = (Event("tool", LONG, LONG[:100], LONG, (LONG,) * 8),) * 60
    grades = tuple(replace(grade, grader=f"{grade.grader} {LONG}", reason=LONG) for grade in run.grades) * 10
    return replace(
        run, case_id=case_id, output=LONG, grades=grades, transcript=steps, trace_url=f"https://a/{LONG[:9]}"
    )


def measured(cases: int, runs: int, long_texts: bool) -> Figures:
    """One report, made in this process and opened in a browser."""
    candidate = big_result(cases, runs, 0.3)
    candidate = wordy(candidate) if long_texts else candidate
    baseline = None if long_texts else big_result(cases, runs, 0.1)
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "report.html"
        began = time.process_time()
        verdict = decide(baseline, candidate, GateSettings())
        judged = time.process_time()
        render_results(page.parent, CanaryResult(verdict, candidate, baseline))
        return Figures(
            megabytes=page.stat().st_size / 1e6,
            seconds_judged=judged - began,
            seconds_made=time.process_time() - began,
            peak_megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            seconds_open=asyncio.run(seconds_to_open(page)),
        )


async def seconds_to_open(page: Path) -> float:
    """Until the load event has ended and the first screen is painted."""
    async with new_tab() as tab:
        began = time.perf_counter()
        await tab.open(page)
        return time.perf_counter() - began


def rows() -> Iterator[Row]:
    """Five rows a suite, each suite in a process of its own, so that the peak is its own."""
    for cases, runs, long_texts in DESIGNS:
        with get_context("spawn").Pool(1) as pool:
            figures = pool.apply(measured, (cases, runs, long_texts))
        yield from told(
            f"{cases * runs:,} samples ({cases:,} × {runs}){', long texts' * long_texts}", figures
        )


def told(suite: str, figures: Figures) -> Iterator[Row]:
    """The rows of one suite."""
    page, opened, made = figures.megabytes, figures.seconds_open, figures.seconds_made
    yield Row(f"{suite}: report.html", f"{page:.1f} MB", *at_most(page, MOST_MEGABYTES, "MB"))
    yield Row("opened by chromium", f"{opened:.2f} s", *at_most(opened, MOST_SECONDS_OPEN, "s"))
    yield Row("the gate", f"{figures.seconds_judged:.1f} s")
    yield Row("the gate and all files", f"{made:.1f} s", *at_most(made, MOST_SECONDS_MADE, "s"))
    yield Row("peak memory, both results in it", f"{figures.peak_megabytes:.0f} MB")


def at_most(value: float, most: float, unit: str) -> tuple[str, bool]:
    """The must column."""
    return f"≤ {most:g} {unit}", value <= most


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = list(rows())
    print_rows("The report", found, as_json=asked.json)
    leave(found)


if __name__ == "__main__":
    main()
