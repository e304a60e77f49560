"""A result folder that Canary and Guardian share: one report.html and one summary.md, Canary's part first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.errors import CannotMeasure, InvalidInput
from agent_runtime.files.atomic_file import replace_file
from security_pack.findings.findings_file import NAME, read_assessment, write_assessment

if TYPE_CHECKING:
    from evals.report.result import CanaryResult
    from evals.report.sections import Section
    from evals.results.records import SuiteResult
    from security_pack.findings.findings import Assessment

_OF_CANARY = ("verdict.json", "samples.jsonl")


class CannotRender(CannotMeasure):
    """There is no room for the report; the results that it is made from are kept."""


def findings_in(folder: Path) -> Assessment | None:
    """What Guardian found, if its results are in `folder`.

    Raises:
        InvalidInput: if findings.json is there and cannot be read.
    """
    return read_assessment(folder) if (folder / NAME).is_file() else None


def sections_in(folder: Path) -> tuple[Section, ...]:
    """What Guardian found, if its results are in `folder`, as a part of Canary's report.

    Raises:
        InvalidInput: if findings.json is there and cannot be read.
    """
    if (assessment := findings_in(folder)) is None:
        return ()
    from security_pack.report import guardian_section

    return (guardian_section(assessment),)


def write_guardian(folder: Path, assessment: Assessment, agent: Path) -> None:
    """Write findings.json and guardian.sarif, then the report and the summary of everything that is there.

    Args:
        agent: beside it are the baselines, for the report of a canary that is there already.
    """
    from security_pack.findings.sarif import write_sarif

    write_assessment(folder, assessment)
    write_sarif(folder, assessment)
    render_folder(folder, _baseline_beside(agent, folder))


def render_folder(folder: Path, baseline: SuiteResult | None = None) -> Path:
    """Make the report and the summary of what the folder holds, by whomever; returns the report's path.

    Args:
        baseline: what the canary was compared with.

    Raises:
        InvalidInput: if there are no results, or they cannot be read.
        CannotRender: there is no room for it.
    """
    if (folder / NAME).is_file() and not _holds_canary(folder):
        return _render_guardian(folder, read_assessment(folder))
    from evals.report.folder import read_results
    from evals.report.result import CanaryResult

    return render_canary(folder, CanaryResult(*read_results(folder), baseline))


def render_canary(folder: Path, found: CanaryResult) -> Path:
    """Make the report of the canary that was just written into `folder`, Guardian's part below if that is there.

    Raises:
        InvalidInput: if findings.json is there and cannot be read.
        CannotRender: there is no room for it.
    """
    from evals.report.folder import render_results

    with _room_for_it(folder):
        return render_results(folder, found, sections_in(folder))


def _render_guardian(folder: Path, assessment: Assessment) -> Path:
    from security_pack.report import render_guardian_report, render_guardian_summary

    with _room_for_it(folder):
        replace_file(folder / "summary.md", render_guardian_summary(assessment, "report.html"))
        replace_file(folder / "report.html", render_guardian_report(assessment))
    return folder / "report.html"


@contextmanager
def _room_for_it(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"the report cannot be written: {error}; the results are kept"
        raise CannotRender(f"{what}: make room and go on with  agentcrewops report {folder}") from None


def _holds_canary(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _OF_CANARY)


def _baseline_beside(agent: Path, folder: Path) -> SuiteResult | None:
    """The baseline that the canary in `folder` was compared with, if it is where baselines usually are.

    Guardian does not judge it again: without it only the report's columns of the baseline are missing.
    """
    if not _holds_canary(folder):
        return None
    from evals.report.folder import read_results
    from evals.results.baseline import load_reference

    verdict, _ = read_results(folder)
    # `.name`: the suite's name comes from a file, and must not lead out of the folder.
    path = agent.parent / "baselines" / f"{Path(verdict.suite).name}.json"
    try:
        found = load_reference(path, keep_text=False)
    except InvalidInput:
        return None
    # Another baseline may stand there by now: its numbers beside this verdict would be wrong.
    same = verdict.baseline_fingerprint is not None and found.fingerprint == verdict.baseline_fingerprint
    return found if same else None
