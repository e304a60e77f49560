"""The result folder: what was measured and judged is written first, and what people read is made from that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document, read_text, strict_json
from evals.report import render_report, render_summary
from evals.report.junit import render_junit
from evals.report.sections import Section
from evals.results.files import replace_text
from evals.results.records import SuiteResult
from evals.results.samples import read_samples, write_samples
from evals.results.verdict import Verdict, read_verdict, verdict_document

if TYPE_CHECKING:  # both need numpy, which a canary without a history does not load before it measures
    from evals.gate.trend import Evaluation as DatedResult
    from evals.report.trend import TrendSection


def write_results(folder: Path, verdict: Verdict, result: SuiteResult) -> None:
    """Write samples.jsonl and verdict.json; the samples first, since they cost the most."""
    write_samples(folder / "samples.jsonl", result)
    write_verdict(folder, verdict)


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Write verdict.json."""
    document = json.dumps(verdict_document(verdict), ensure_ascii=False, indent=1, allow_nan=False)
    replace_text(folder / "verdict.json", document + "\n")


def read_results(folder: Path) -> tuple[Verdict, SuiteResult]:
    """The verdict and samples of a result folder, with the texts that a report shows."""
    path = folder / "verdict.json"
    try:
        document = strict_json(read_text(path))
    except ValueError as error:
        raise InvalidInput.one(path, f"is not valid JSON: {error}", "run the canary again") from None
    return read_verdict(Document(str(path), document, {(): 1})), read_samples(
        folder / "samples.jsonl", keep_text=False
    )


def render_saved(
    folder: Path,
    baseline: SuiteResult | None = None,
    history: Sequence[DatedResult] = (),
    sections: tuple[Section, ...] = (),
) -> Path:
    """Make report.html, summary.md and junit.xml from what the folder holds; returns the report's path.

    Args:
        history: earlier results, for the report's trend.
        sections: what others have to say in the same report and summary, below.

    Raises:
        InvalidInput: there are no results, or they cannot be read.
    """
    verdict, result = read_results(folder)
    render_results(folder, verdict, result, baseline, _over_time(history, folder, result), sections)
    return folder / "report.html"


def render_results(
    folder: Path,
    verdict: Verdict,
    result: SuiteResult,
    baseline: SuiteResult | None,
    trend: tuple[TrendSection, ...] = (),
    sections: tuple[Section, ...] = (),
) -> None:
    """Write the files that people read: they can be made again from the other two at any time."""
    replace_text(folder / "junit.xml", render_junit(verdict, result))
    replace_text(folder / "summary.md", render_summary(verdict, "report.html", sections))
    replace_text(folder / "report.html", render_report(verdict, result, baseline, trend, sections))


def _over_time(history: Sequence[DatedResult], folder: Path, result: SuiteResult) -> tuple[TrendSection, ...]:
    """The trend of this suite up to and including this result; empty without a history."""
    if not history:
        return ()
    from evals.gate.trend import evaluation, trends
    from evals.report.trend import trend_section

    here = folder.resolve()
    found = trends([*(one for one in history if one.folder != here), evaluation(here, result)])
    return tuple(
        trend_section(trend)
        for trend in found
        if (trend.suite, trend.simulated) == (result.suite, result.simulated)
    )
