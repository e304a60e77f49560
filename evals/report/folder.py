"""The result folder: report.html, verdict.json, summary.md, junit.xml, samples.jsonl."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document, read_text, strict_json
from evals.report import render_report, render_summary
from evals.report.junit import render_junit
from evals.report.sections import Section
from evals.results.records import SuiteResult, Verdict
from evals.results.samples import read_samples, write_samples
from evals.verdict_file import read_verdict, verdict_document

if TYPE_CHECKING:
    from evals.report.trend import TrendSection


def prepare_folder(folder: Path) -> None:
    """Make `folder` and prove that it can be written, before anything is spent on what goes into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InvalidInput.one(
            folder, f"cannot be written: {error.strerror}", "choose another --out"
        ) from None


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
    replace_text(folder / "verdict.json", document + "\n")
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
    replace_text(folder / "junit.xml", render_junit(verdict, result))
    replace_text(folder / "summary.md", render_summary(verdict, "report.html", sections))
    replace_text(folder / "report.html", render_report(verdict, result, baseline, history, sections))


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


def replace_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: a reader never sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
