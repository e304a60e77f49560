"""Guardian's section, for whoever renders the report, and the report of a folder that holds nothing else."""

from __future__ import annotations

from markupsafe import Markup

from agent_runtime.render import asset, render
from evals.formatting import markdown
from evals.formatting.prose import spans
from evals.report.sections import Section
from security_pack.findings.findings import Assessment
from security_pack.report.section import section_of
from security_pack.report.summary import summary_of


def guardian_section(assessment: Assessment) -> Section:
    """The assessment as a part of a report that somebody else heads."""
    section = section_of(assessment)
    return Section(
        name="Guardian",
        title=section.title,
        tone=section.tone,
        page=_rendered("report/guardian.html.j2", section=section, heading="h2"),
        summary=_rendered("comment/guardian.md.j2", summary=summary_of(assessment, None)),
        brief=markdown.prose(spans(assessment.headline), 1_500),
    )


def render_guardian_report(assessment: Assessment) -> str:
    """One HTML file that loads nothing and runs nothing."""
    section = section_of(assessment)
    return render(
        "report/guardian_page.html.j2",
        section=section,
        body=_rendered("report/guardian.html.j2", section=section, heading="h1"),
        style=asset("report/style.css"),
    )


def render_guardian_summary(assessment: Assessment, report_hint: str | None) -> str:
    """Markdown of at most 40,000 characters: the verdict first, then the lines to change.

    Args:
        report_hint: where the full report is: a web address becomes a link, anything else is shown as a path.
    """
    return render("comment/guardian.md.j2", summary=summary_of(assessment, report_hint))


def _rendered(template: str, **model: object) -> Markup:
    return Markup(render(template, **model))  # noqa: S704 - every value in it was escaped on the way
