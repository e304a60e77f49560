"""Where a reader goes from a comment or a check."""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from evals.formatting import markdown


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of ours; None for what is not there.

    Attributes:
        report: the full report as a page.
        run: the workflow run, which holds the report as an artifact.
        commit: the whole sha that was judged.
    """

    commit: str
    report: str | None = None
    run: str | None = None
    check: str | None = None

    def with_check(self, address: str | None) -> Links:
        """The same, and the check."""
        return replace(self, check=address or None)


def footer(links: Links, note: str = "") -> str:
    """One small line, with a `note` of ours at its end."""
    parts = (
        markdown.link("Full report", links.report),
        markdown.link("Check" if links.report else "Check, with every failing case", links.check),
        markdown.link("Artifacts" if links.report else "Full report among the artifacts", links.run),
        Markup("commit {}").format(markdown.code(links.commit[:12])),
        Markup("{}").format(note),
    )
    return f"<sub>{Markup(' · ').join(part for part in parts if part)}</sub>"
