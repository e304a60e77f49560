"""How Guardian's assessment leaves the command line: words, JSON and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import typer

from agentcrewops.outcome.canary import toned
from agentcrewops.outcome.folder import write_guardian
from agentcrewops.terminal import coloured, plain, printable
from security_pack.assessment.assessment import Evidence
from security_pack.assessment.problems import Problem, problems_of
from security_pack.findings.findings import Assessment
from security_pack.findings.findings_file import assessment_document
from security_pack.guardian.guardian import PreparedGuardian, conclude

_MOST_PROBLEMS = 20
_MOST_PROBES = 4


def leave_with(
    prepared: PreparedGuardian, evidence: Evidence, out: Path, *, simulated: bool, as_json: bool
) -> NoReturn:
    """Write what the evidence means into `out`, print it, and end with its exit code.

    Args:
        simulated: the resistance tier asked no real model.
    """
    assessment = conclude(prepared, evidence, datetime.now(UTC).date(), simulated=simulated)
    write_guardian(out, assessment, prepared.options.attacked)
    announce_assessment(assessment, out, as_json=as_json)
    sys.exit(assessment.conclusion.exit_code())


def announce_assessment(assessment: Assessment, out: Path, *, as_json: bool) -> None:
    """Print what was found on stdout: the verdict, the lines to change and where the report is; or findings.json."""
    if as_json:
        typer.echo(json.dumps(assessment_document(assessment), ensure_ascii=False, indent=2))
        return
    for line in _lines(assessment):
        typer.echo(line)
    typer.echo(f"report: {out / 'report.html'}")


def _lines(assessment: Assessment) -> Iterator[str]:
    yield _headline(assessment)
    problems = [problem for problem in problems_of(assessment.findings) if problem.suppressed is None]
    for problem in problems[:_MOST_PROBLEMS]:
        yield from _problem(problem)
    if len(problems) > _MOST_PROBLEMS:
        yield f"  … and {len(problems) - _MOST_PROBLEMS} more in findings.json"
    for warning in assessment.warnings:
        yield f"  ! {_one_line(plain(warning))}"


def _headline(assessment: Assessment) -> str:
    return toned(_one_line(plain(assessment.headline)), assessment.conclusion.tone)


def _problem(problem: Problem) -> Iterator[str]:
    where = _one_line(f"{problem.location.file}:{problem.location.line}")
    weight = problem.severity.value + (", blocks" if problem.blocking else "")
    yield f"  {_strong(where)}  {_one_line(problem.title)} ({weight})"
    yield f"      fix: {_one_line(problem.fix)}"
    names = list(dict.fromkeys(finding.rule_id for finding in problem.probed))
    if names:
        more = f" and {len(names) - _MOST_PROBES} more" if len(names) > _MOST_PROBES else ""
        yield f"      got through: {_one_line(', '.join(names[:_MOST_PROBES]))}{more}"
    else:
        yield f"      {_one_line(problem.message)}"


def _strong(text: str) -> str:
    return typer.style(text, bold=True) if coloured() else text


def _one_line(text: str) -> str:
    return printable(text.replace("\n", " "))
