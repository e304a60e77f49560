"""The lines a reader should look at: a broken case in the suite, a finding in agent.yaml or policy.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import read_yaml
from bot.message.results import Results
from evals.formatting import figures
from evals.formatting.excerpts import one_line
from evals.formatting.prose import spans
from evals.report.parts.failures import first_failure, reason
from evals.report.parts.metrics import metric_rows
from evals.results.verdict import CaseComparison, CaseStatus, MetricVerdict, Verdict
from evals.suite.suite import EvalCase, Suite, load_suite
from security_pack.catalog.probe import Severity
from security_pack.findings.findings import Finding

MOST = 500
"""More lines than anybody looks at; the check's text says how many were left out."""
LONGEST_TITLE = 255
"""https://docs.github.com/en/rest/checks/runs#create-a-check-run"""
_LONGEST_SENTENCE = 2_000
_MOST_LINES = 1_000_000
_LONGEST_PATH = 1_000


class Level(StrEnum):
    """How loud a line is shown."""

    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One line of a file, relative to the repository's root. Title and message are plain text to GitHub."""

    path: str
    line: int
    level: Level
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """The files that were measured, as they lie on this machine.

    Attributes:
        suite: None if it is not here, is another one, or cannot be read.
    """

    root: Path
    suite: Suite | None = None


def checkout_at(root: Path, suite_file: Path, results: Results) -> Checkout:
    """The checkout with the suite that was measured, if `suite_file` is that suite."""
    if results.verdict is None or not suite_file.is_file():
        return Checkout(root)
    try:
        suite = load_suite(suite_file)
    except InvalidInput:
        return Checkout(root)
    return Checkout(root, suite if suite.name == results.verdict.suite else None)


def annotations_of(results: Results, checkout: Checkout) -> tuple[Annotation, ...]:
    """Failures first, then warnings, then notices; each in the order of the files."""
    found = [
        *(_of_verdict(results, results.verdict, checkout) if results.verdict else ()),
        *(_of_findings(results.assessment.findings, checkout.root) if results.assessment else ()),
    ]
    loudest = list(reversed(Level))
    return tuple(sorted(found, key=lambda each: (loudest.index(each.level), each.path, each.line)))


# --- Canary -----------------------------------------------------------------------------------------------


def _of_verdict(results: Results, verdict: Verdict, checkout: Checkout) -> Iterator[Annotation]:
    if checkout.suite is None:
        return
    yield from _of_metrics(verdict, checkout.suite, checkout.root)
    cases = {case.case_id: case for case in checkout.suite.cases}
    for row in verdict.cases:
        level, title = _level_and_title(row, cases.get(row.case_id))
        case = cases.get(row.case_id)
        if case is None or not title or case.line is None:
            continue
        path = _inside(checkout.root, Path(case.file))
        if path is not None:
            yield Annotation(path, case.line, level, title, _why(results, row))


def _level_and_title(row: CaseComparison, case: EvalCase | None) -> tuple[Level, str]:
    """How a case is shown; no title for one that needs no look."""
    before = figures.out_of(row.baseline_passed, row.baseline_runs)
    after = figures.out_of(row.candidate_passed, row.candidate_runs)
    if row.broken:
        return Level.FAILURE, f"Broken: {before} → {after}"
    if case is not None and case.must_pass and row.candidate_passed < row.candidate_runs:
        return Level.FAILURE, f"Must pass, and passed {after}"
    if row.watch:
        return Level.WARNING, f"Watch: {before} → {after}, it may be chance"
    if row.status is not CaseStatus.SHARED and row.candidate_passed * 2 < row.candidate_runs:
        return Level.WARNING, f"Mostly failing, and compared with nothing: {after}"
    return Level.NOTICE, ""


def _why(results: Results, row: CaseComparison) -> str:
    case = results.case(row.case_id)
    failed = first_failure(case.samples) if case else None
    name = one_line(row.case_id, 100)
    return f"{name}: {one_line(reason(failed), 600)}" if failed else name


def _of_metrics(verdict: Verdict, suite: Suite, root: Path) -> Iterator[Annotation]:
    """A latency or cost that rose, shown at the agent's model."""
    target = suite.target.runtime
    risen = [name for name, metric in verdict.metrics.items() if metric.verdict is MetricVerdict.DRIFT]
    if target is None or not set(risen) - {"success_rate"}:
        return
    file = suite.root / target.agent
    path, line = _inside(root, file), _line_of_model(file)
    if path is None or line is None:
        return
    for row in metric_rows(verdict):
        if row.word == "drift" and row.name != "Success rate":
            yield Annotation(
                path,
                line,
                Level.FAILURE,
                f"{row.name}: {row.baseline} → {row.candidate}",
                f"{row.name} rose from {row.baseline} to {row.candidate} ({row.change}, 90 % interval {row.interval}).",
            )


def _line_of_model(file: Path) -> int | None:
    try:
        return read_yaml(file).line_of(("agent", "model"))
    except InvalidInput:
        return None


def _inside(root: Path, file: Path) -> str | None:
    """The file as the repository names it; None if it is not in it."""
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return None


# --- Guardian ---------------------------------------------------------------------------------------------

_LEVELS: Mapping[Severity, Level] = {
    Severity.LOW: Level.NOTICE,
    Severity.MEDIUM: Level.WARNING,
    Severity.HIGH: Level.WARNING,
    Severity.CRITICAL: Level.WARNING,
}


def _of_findings(findings: tuple[Finding, ...], root: Path) -> Iterator[Annotation]:
    for finding in findings:
        file, line = finding.location.file, finding.location.line
        path = _inside(root, Path(file)) if len(file) <= _LONGEST_PATH else None
        if path is None or not path.isprintable() or finding.suppressed or not 0 < line <= _MOST_LINES:
            continue
        yield Annotation(
            path,
            line,
            Level.FAILURE if finding.blocking else _LEVELS[finding.severity],
            one_line(f"{finding.severity}: {finding.title}", LONGEST_TITLE),
            f"{_plain(finding.message)}\nFix: {_plain(finding.fix)}",
        )


def _plain(markdown: str) -> str:
    """The words of a sentence without its bold and code marks, which GitHub would show as they are here."""
    return one_line("".join(span.text for span in spans(markdown[:_LONGEST_SENTENCE])), _LONGEST_SENTENCE)
