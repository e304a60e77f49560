"""Folders as a job leaves them."""

from __future__ import annotations

from pathlib import Path

from bot.message.results import Results
from evals.report.folder import render_results, write_results
from evals.report.result import CanaryResult


def written(folder: Path, results: Results) -> Path:
    """A result folder."""
    assert results.verdict is not None
    assert results.samples is not None
    folder.mkdir(parents=True, exist_ok=True)
    write_results(folder, results.verdict, results.samples)
    render_results(folder, CanaryResult(results.verdict, results.samples))
    return folder
