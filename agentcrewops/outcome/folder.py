"""A result folder that Canary and Guardian share: one report.html and one summary.md, Canary's part first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.errors import InvalidInput
from agent_runtime.files.atomic_file import replace_file
from security_pack.findings.findings_file import NAME, read_assessment, write_assessment

if TYPE_CHECKING:
    from evals.report.sections import Section
    from security_pack.findings.findings import Assessment

_OF_CANARY = ("verdict.json", "samples.jsonl")


def sections_in(folder: Path) -> tuple[Section, ...]:
    """What Guardian found, if its results are in `folder`, as a part of Canary's report.

    Raises:
        InvalidInput: if findings.json is there and cannot be read.
    """
    if not (folder / NAME).is_file():
        return ()
    from security_pack.report import guardian_section

    return (guardian_section(read_assessment(folder)),)


def write_guardian(folder: Path, assessment: Assessment, agent: Path) -> None:
    """Write findings.json and guardian.sarif, then the report and the summary of everything that is there.

    Args:
        agent: beside it are the baselines, for the report of a canary that is there already.
    """
    from security_pack.findings.sarif import write_sarif

    write_assessment(folder, assessment)
    write_sarif(folder, assessment)
    render_folder(folder, _baseline_beside(agent, folder))


def render_folder(folder: Path, baseline: Path | None = None) -> Path:
    """Render the report and the summary of a folder again; returns the report's path.

    Raises:
        InvalidInput: if there are no results, or they cannot be read.
    """
    if not (folder / NAME).is_file() or _holds_canary(folder):
        from evals.canary.saved import render_again

        return render_again(folder, baseline, sections_in(folder))
    from security_pack.report import render_guardian_report, render_guardian_summary

    assessment = read_assessment(folder)
    replace_file(folder / "summary.md", render_guardian_summary(assessment, "report.html"))
    replace_file(folder / "report.html", render_guardian_report(assessment))
    return folder / "report.html"


def _holds_canary(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _OF_CANARY)


def _baseline_beside(agent: Path, folder: Path) -> Path | None:
    """The baseline that the canary in `folder` was compared with, if it is where baselines usually are.

    Guardian does not judge it again: without it only the report's columns of the baseline are missing.
    """
    if not _holds_canary(folder):
        return None
    from evals.report.folder import read_results
    from evals.results.baseline import load_reference

    verdict, _ = read_results(folder)
    path = agent.parent / "baselines" / f"{Path(verdict.suite).name}.json"
    try:
        same = load_reference(path, keep_text=False).fingerprint == verdict.baseline_fingerprint
    except InvalidInput:
        return None
    return path if same and verdict.baseline_fingerprint is not None else None
