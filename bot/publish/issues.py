"""The drift issue: opened when the unchanged agent fell, kept up to date, closed once it is over."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from bot.message.comments import comment_body, own_comments
from bot.message.links import Links
from bot.message.overview import icon_and_title
from bot.message.results import Results
from bot.publish.sending import ACTIONS_LOGIN
from evals.results.verdict import VerdictKind

if TYPE_CHECKING:  # PyGithub is an extra, and a dry run does without
    from bot.github.repository import GitHub

_EDITED = "edited in place while the drift lasts, closed when it is over"
_FELL = {VerdictKind.DRIFT, VerdictKind.BELOW_FLOOR, VerdictKind.PROVIDER_DRIFT}


class IssueState(StrEnum):
    """What a nightly verdict means for the issue."""

    FELL = "fell"
    STANDS = "stands"
    UNKNOWN = "unknown"


def issue_state_of(results: Results) -> IssueState:
    """Only a pass ends a drift; what could not be told changes nothing."""
    kind = results.verdict.verdict if results.verdict else None
    if kind in _FELL:
        return IssueState.FELL
    return IssueState.STANDS if kind is VerdictKind.PASS else IssueState.UNKNOWN


def issue_title(results: Results) -> str:
    """One line of our own words and numbers."""
    verdict = results.verdict
    return f"Nightly canary of {verdict.suite if verdict else 'the agent'}: {icon_and_title(results)[1]}"[
        :250
    ]


def put_issue(github: GitHub, results: Results, key: str, links: Links) -> int | None:
    """There is one open issue of this key while the agent is down, and none when it is not; its number, or None."""
    standing, login = issue_state_of(results), github.login() or ACTIONS_LOGIN
    ours = own_comments(github.open_issues_by(login), key, login)
    for surplus in ours.surplus:
        github.edit_issue(surplus.id, {"state": "closed", "state_reason": "not_planned"})
    if standing is IssueState.FELL:
        title, body = issue_title(results), comment_body(results, key, links, note=_EDITED)
        if ours.kept is None:
            return github.create_issue(title, body).id
        github.edit_issue(ours.kept.id, {"title": title, "body": body})
    if standing is IssueState.STANDS and ours.kept is not None:
        github.edit_issue(ours.kept.id, {"state": "closed", "state_reason": "completed"})
    return ours.kept.id if ours.kept else None
