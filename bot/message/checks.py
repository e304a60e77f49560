"""A check run as GitHub takes it: a title, a summary, a text, and lines to look at, all within its limits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.message.annotations import MOST, Annotation
from bot.message.conclusions import Conclusion
from bot.message.limits import whole_blocks
from bot.message.links import Links, footer
from bot.message.overview import details, icon_and_title, overview
from bot.message.results import Results
from evals.formatting import figures

MOST_BYTES = 65_535
"""Of a summary and of a text. GitHub says characters; bytes are the safe reading.

https://docs.github.com/en/rest/checks/runs#create-a-check-run
"""
BATCH = 50
"""Annotations that one call may carry; each further call adds to them (the same page)."""
LONGEST_STATUS = 140
"""Characters of a status's description: https://docs.github.com/en/rest/commits/statuses#create-a-commit-status"""
_SUMMARY_CUT = "*The rest did not fit here: the report has it.*"
_TEXT_CUT = "*The other cases and findings did not fit here: the report has them all.*"
_STATES = {
    Conclusion.SUCCESS: "success",
    Conclusion.NEUTRAL: "success",
    Conclusion.FAILURE: "failure",
    Conclusion.ACTION_REQUIRED: "error",
}


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What is to be shown at a commit. Summary and text are markdown, the title is plain."""

    name: str
    head_sha: str
    conclusion: Conclusion
    title: str
    summary: str
    text: str
    annotations: tuple[Annotation, ...] = ()
    details_url: str | None = None

    @property
    def external_id(self) -> str:
        """The same for the same content, so that a second try finds what the first one wrote."""
        content = json.dumps(asdict(self), sort_keys=True, default=str)
        return f"agentcrewops:{hashlib.sha256(content.encode(errors='replace')).hexdigest()[:32]}"


def check_of(
    results: Results,
    name: str,
    conclusion: Conclusion,
    annotations: Sequence[Annotation],
    links: Links,
) -> CheckRun:
    """The check run of these results at the commit that `links` names."""
    _, title = icon_and_title(results)
    shown, more = tuple(annotations[:MOST]), len(annotations) - MOST
    left_out = [f"*{figures.count(more, 'more line')} not annotated.*"] if more > 0 else []
    return CheckRun(
        name=name,
        head_sha=links.commit,
        conclusion=conclusion,
        title=title,
        summary=whole_blocks([*overview(results), footer(links)], MOST_BYTES, _SUMMARY_CUT),
        text=whole_blocks([*left_out, *details(results)], MOST_BYTES, _TEXT_CUT),
        annotations=shown,
        details_url=links.report or links.run,
    )


def first_body(check: CheckRun) -> dict[str, Any]:
    """The call that makes it, with the first lines; it is complete only if no more follow."""
    about = {"name": check.name, "head_sha": check.head_sha, "external_id": check.external_id}
    where = {"details_url": check.details_url} if check.details_url else {}
    return {**about, **where, **next_body(check, 0)}


def next_body(check: CheckRun, sent: int) -> dict[str, Any]:
    """The call with the lines after the `sent` first ones; the last of them concludes the check."""
    batch = check.annotations[sent : sent + BATCH]
    output: dict[str, Any] = {"title": check.title, "summary": check.summary}
    if check.text.strip():
        output["text"] = check.text
    if batch:
        output["annotations"] = [_line(each) for each in batch]
    if sent + len(batch) < len(check.annotations):
        return {"status": "in_progress", "output": output}
    return {"status": "completed", "conclusion": check.conclusion.value, "output": output}


def status_body(check: CheckRun) -> dict[str, Any]:
    """The same as a commit status, which has one line and no word for "neutral"."""
    title = check.title if len(check.title) <= LONGEST_STATUS else f"{check.title[: LONGEST_STATUS - 1]}…"
    where = {"target_url": check.details_url} if check.details_url else {}
    return {"state": _STATES[check.conclusion], "context": check.name, "description": title, **where}


def _line(annotation: Annotation) -> dict[str, Any]:
    return {
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level.value,
        "title": annotation.title,
        "message": annotation.message,
    }
