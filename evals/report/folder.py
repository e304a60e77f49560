"""The result folder: report.html, verdict.json, summary.md, junit.xml, samples.jsonl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.errors import InvalidInput
from agent_runtime.files.atomic_file import replace_file
from agent_runtime.files.documents import Document, read_text, strict_json
from evals.report import render_report, render_summary
from evals.report.junit import render_junit
from evals.report.sections import Section
from evals.results.records import SuiteResult
from evals.results.samples import read_samples, write_samples
from evals.results.verdict import Verdict, read_verdict, verdict_document

if TYPE_CHECKING:
    from evals.report.trend import TrendSection


def write_results(
    folder: Path,
    verdict: Verdict,
    result: SuiteResult,
    baseline: SuiteResult | None,
    history: tuple[TrendSection, ...] = (),
    sections: tuple[Section, ...] = (),
) -> None:
    """Write all five files; the samples first, since they cost the most."""
    write_samples(folder / "samples.jsonl", result)
    write_judgement(folder, verdict, result, baseline, history, sections)


def write_judgement(
    folder: Path,
    verdict: Verdict,
    result: SuiteResult,
    baseline: SuiteResult | None,
    history: tuple[TrendSection, ...] = (),
    sections: tuple[Section, ...] = (),
) -> None:
    """Write the four files that follow from the samples."""
    document = json.dumps(verdict_document(verdict), ensure_ascii=False, indent=1, allow_nan=False)
    replace_file(folder / "verdict.json", document + "\n")
    render_results(folder, verdict, result, baseline, history, sections)


def render_results(
    folder: Path,
    verdict: Verdict,
    result: SuiteResult,
    baseline: SuiteResult | None,
    history: tuple[TrendSection, ...] = (),
    sections: tuple[Section, ...] = (),
) -> None:
    """Write the files that people read: they can be made again from the other two at any time.

    Args:
        sections: what others have to say in the same report and summary, below.
    """
    replace_file(folder / "junit.xml", render_junit(verdict, result))
    replace_file(folder / "summary.md", render_summary(verdict, "report.html", sections))
    replace_file(folder / "report.html", render_report(verdict, result, baseline, history, sections))


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
