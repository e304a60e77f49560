"""The result folder: what was measured and judged is written first, and what people read is made from that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.files.atomic_file import replace_file
from agent_runtime.files.documents import read_json
from evals.report.junit import render_junit
from evals.report.page import render_report
from evals.report.result import CanaryResult
from evals.report.sections import Section
from evals.report.summary import render_summary
from evals.results.records import SuiteResult
from evals.results.samples import read_samples, write_samples
from evals.results.verdict import Verdict, read_verdict, verdict_document

if TYPE_CHECKING:  # its charts need numpy, which a canary without a history does not load before it measures
    from evals.report.trend import TrendSection


def write_results(folder: Path, verdict: Verdict, result: SuiteResult) -> None:
    """Write samples.jsonl and verdict.json; the samples first, since they cost the most."""
    write_samples(folder / "samples.jsonl", result)
    write_verdict(folder, verdict)


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Write verdict.json."""
    document = json.dumps(verdict_document(verdict), ensure_ascii=False, indent=1, allow_nan=False)
    replace_file(folder / "verdict.json", document + "\n")


def read_results(folder: Path) -> tuple[Verdict, SuiteResult]:
    """The verdict and samples of a result folder, with the texts that a report shows."""
    verdict = read_verdict(read_json(folder / "verdict.json", "run the canary again"))
    return verdict, read_samples(folder / "samples.jsonl", keep_text=False)


def render_results(folder: Path, found: CanaryResult, sections: tuple[Section, ...] = ()) -> Path:
    """Write what people read, report.html, summary.md and junit.xml; returns the report's path.

    They can be made again at any time from what `read_results` finds in the folder.

    Args:
        sections: what others have to say in the same report and summary, below.
    """
    verdict, runs = found.verdict, found.runs
    page = render_report(verdict, runs, found.baseline, _over_time(found, folder), sections)
    # The page last: it is what a person opens, and is there only once all is.
    replace_file(folder / "junit.xml", render_junit(verdict, runs))
    replace_file(folder / "summary.md", render_summary(verdict, "report.html", sections))
    replace_file(folder / "report.html", page)
    return folder / "report.html"


def _over_time(found: CanaryResult, folder: Path) -> tuple[TrendSection, ...]:
    """The trend of this suite up to and including this result; empty without a history."""
    if not found.history:
        return ()
    from evals.gate.trend import dated_result, trends
    from evals.report.trend import trend_section

    here, runs = folder.resolve(), found.runs
    # The history may hold this very folder: its result would count twice.
    earlier = (one for one in found.history if one.folder != here)
    return tuple(
        trend_section(trend)
        for trend in trends([*earlier, dated_result(here, runs)])
        if (trend.suite, trend.simulated) == (runs.suite, runs.simulated)
    )
