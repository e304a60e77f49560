"""summary.md"""

from evals.records import Verdict


def render_summary(verdict: Verdict, report_hint: str | None) -> str:
    return ""
