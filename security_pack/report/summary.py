"""summary.md: Guardian's verdict and the lines to change, as a pull request comment shows them."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from agent_runtime.visible import printable
from evals.formatting import figures, markdown
from evals.formatting.prose import spans
from security_pack.assessment.problems import Problem, problems_of
from security_pack.findings.findings import Assessment
from security_pack.report.attacks import NOT_APPLICABLE, shares

LONGEST = 40_000
"""Every part at its longest, every sign of it escaped, keeps under it. GitHub takes 65,536."""
_MOST_PROBLEMS = 12
_MOST_PROBES = 4
_MOST_WARNINGS = 6


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One line to change."""

    where: Markup
    severity: str
    message: Markup
    fix: Markup
    probes: Markup


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the template prints; `Markup` is markdown that is inert already."""

    headline: Markup
    simulated: bool
    blocking: tuple[ProblemLine, ...]
    blocking_more: str
    others: tuple[ProblemLine, ...]
    others_more: str
    others_title: str
    outcomes: tuple[tuple[str, str], ...]
    not_applicable: str
    suppressed: tuple[ProblemLine, ...]
    suppressed_title: str
    warnings: tuple[Markup, ...]
    warnings_title: str
    origin: Markup
    report: Markup | None


def summary_of(assessment: Assessment, report_hint: str | None) -> Summary:
    """The view model."""
    problems = problems_of(assessment.findings)
    blocking = [problem for problem in problems if problem.blocking]
    others = [problem for problem in problems if not problem.blocking and problem.suppressed is None]
    suppressed = [problem for problem in problems if problem.suppressed is not None]
    pieces = shares(assessment.probes)
    return Summary(
        headline=markdown.prose(spans(assessment.headline[:2_000]), 700),
        simulated=assessment.simulated,
        blocking=tuple(map(_line, blocking[:_MOST_PROBLEMS])),
        blocking_more=_more(len(blocking) - _MOST_PROBLEMS),
        others=tuple(map(_line, others[:_MOST_PROBLEMS])),
        others_more=_more(len(others) - _MOST_PROBLEMS),
        others_title=f"{figures.count(len(others), 'problem')} that does not block"
        if len(others) == 1
        else f"{figures.count(len(others), 'problem')} that do not block",
        outcomes=tuple((piece.state, piece.number) for piece in pieces if piece.state != NOT_APPLICABLE),
        not_applicable=next((piece.number for piece in pieces if piece.state == NOT_APPLICABLE), ""),
        suppressed=tuple(map(_suppressed, suppressed[:_MOST_PROBLEMS])),
        suppressed_title=f"{figures.count(len(suppressed), 'problem')} suppressed",
        warnings=tuple(
            markdown.prose(spans(text[:500]), 300) for text in assessment.warnings[:_MOST_WARNINGS]
        ),
        warnings_title=figures.count(len(assessment.warnings), "warning"),
        origin=_origin(assessment),
        report=markdown.place(report_hint) if report_hint else None,
    )


def _line(problem: Problem) -> ProblemLine:
    return ProblemLine(
        where=markdown.code(f"{problem.location.file}:{problem.location.line}"),
        severity=problem.severity.value,
        message=markdown.text(_cut(problem.title if problem.probed else problem.message, 200)),
        fix=markdown.code(problem.fix, 160),
        probes=_probes(problem),
    )


def _suppressed(problem: Problem) -> ProblemLine:
    line = _line(problem)
    decision = problem.suppressed
    why = f"{decision.reason} (until {decision.expires})" if decision is not None else ""
    return ProblemLine(line.where, line.severity, line.message, markdown.text(_cut(why, 160)), line.probes)


def _probes(problem: Problem) -> Markup:
    """The probes that got through, the first few by name."""
    names = list(dict.fromkeys(finding.rule_id for finding in problem.probed))
    shown = Markup(", ").join(markdown.code(name, 70) for name in names[:_MOST_PROBES])
    more = len(names) - _MOST_PROBES
    return shown + (f" and {more} more" if more > 0 else "")


def _origin(assessment: Assessment) -> Markup:
    parts = (
        ("agent", assessment.agent),
        ("commit", assessment.commit[:12] if assessment.commit else None),
        ("probes", figures.fingerprint(assessment.pack) if assessment.pack else None),
    )
    return Markup(" · ").join(
        Markup("{} {}").format(name, markdown.code(value)) for name, value in parts if value
    )


def _more(number: int) -> str:
    return f"and {figures.count(number, 'more problem')}" if number > 0 else ""


def _cut(text: str, limit: int) -> str:
    text = printable(text[: 2 * limit])
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
