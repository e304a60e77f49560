"""summary.md: the verdict as a pull request comment or a step summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from agent_runtime.render import render
from evals.formatting import figures, markdown
from evals.formatting.prose import new_reasons, spans
from evals.report.parts.metrics import MetricRow, metric_rows
from evals.report.sections import Section
from evals.results.verdict import CaseComparison, Verdict

# GitHub refuses a comment above 65,536 characters (https://github.com/orgs/community/discussions/27190). The text
# below keeps under 60,000 with every part at its longest and every sign of it escaped.
LONGEST = 60_000
LONGEST_WITH_SECTIONS = 65_000
_MOST_NAMED = 40
_MOST_REASONS = 8
_MOST_WARNINGS = 15


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One named case: 10/10 → 3/10."""

    name: Markup
    score: str


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """Cases that are named for the same reason. `more` counts those left out, "" if none."""

    title: str
    cases: tuple[CaseLine, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the template prints; `Markup` is markdown that is inert already."""

    headline: Markup
    simulated: bool
    reasons: tuple[Markup, ...]
    metrics: tuple[MetricRow, ...]
    groups: tuple[CaseGroup, ...]
    warnings: tuple[Markup, ...]
    warnings_title: str
    origin: Markup
    report: Markup | None


def render_summary(verdict: Verdict, report_hint: str | None, sections: Sequence[Section] = ()) -> str:
    """Markdown of at most 60,000 characters: verdict first, then the metrics and the cases that matter.

    Args:
        report_hint: where the full report is: a web address becomes a link, anything else is shown as a path.
        sections: what others say below it; 65,000 characters with them, and the briefest form of what is too long.
    """
    text = render("comment/summary.md.j2", summary=_summary(verdict, report_hint))
    for section in sections:
        whole = f"{text}\n### {section.name}\n\n{section.summary}"
        text = (
            whole
            if len(whole) <= LONGEST_WITH_SECTIONS
            else f"{text}\n### {section.name}\n\n{section.brief}\n"
        )
    return text


def _summary(verdict: Verdict, report_hint: str | None) -> Summary:
    compared = {row.case_id: row for row in verdict.cases}
    groups = (
        _group("Broken", verdict.broken_cases, compared),
        _group("Watch: it may be chance", verdict.watch_cases, compared),
    )
    return Summary(
        headline=markdown.prose(spans(verdict.headline), 1_500),
        simulated=verdict.simulated,
        reasons=tuple(markdown.prose(reason) for reason in new_reasons(verdict)[:_MOST_REASONS]),
        metrics=metric_rows(verdict),
        groups=tuple(group for group in groups if group.cases),
        warnings=tuple(markdown.prose(spans(warning)) for warning in verdict.warnings[:_MOST_WARNINGS]),
        warnings_title=figures.count(len(verdict.warnings), "warning"),
        origin=_origin(verdict),
        report=markdown.place(report_hint) if report_hint else None,
    )


def _group(title: str, names: tuple[str, ...], compared: dict[str, CaseComparison]) -> CaseGroup:
    lines = tuple(CaseLine(markdown.code(name), _score(compared.get(name))) for name in names[:_MOST_NAMED])
    more = len(names) - len(lines)
    return CaseGroup(title, lines, f"and {figures.count(more, 'more case')}" if more > 0 else "")


def _score(row: CaseComparison | None) -> str:
    if row is None:
        return ""
    after = figures.out_of(row.candidate_passed, row.candidate_runs)
    before = figures.out_of(row.baseline_passed, row.baseline_runs)
    return f"{before} → {after}" if row.baseline_runs else after


def _origin(verdict: Verdict) -> Markup:
    """Suite, agent, model, what was compared with what, and the seed that repeats it."""
    parts = (
        ("suite", verdict.suite),
        ("agent", verdict.agent),
        ("model", verdict.model),
        ("commit", verdict.commit[:12] if verdict.commit else None),
        ("seed", str(verdict.seed)),
    )
    return Markup(" · ").join(
        Markup("{} {}").format(name, markdown.code(value)) for name, value in parts if value
    )
