"""Put a check, a status and a comment on GitHub: any number of tries, at the same time too, leave one of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.github.errors import CannotPublishComment
from bot.github.records import Comment
from bot.message.checks import BATCH, CheckRun, first_body, next_body, status_body
from bot.message.comments import OwnComments, own_comments

if TYPE_CHECKING:  # PyGithub is an extra, and a dry run does without
    from bot.github.repository import GitHub

ACTIONS_LOGIN = "github-actions[bot]"
"""Who a job's own token is; it may not always ask."""


def put_check(github: GitHub, check: CheckRun) -> str:
    """The address of the check run, written or found.

    GitHub appends the annotations of each call, so one that was cut short is continued where it ended
    (https://docs.github.com/en/rest/checks/runs#update-a-check-run).
    """
    written = next(
        (c for c in github.checks(check.head_sha, check.name) if c.external_id == check.external_id), None
    )
    sent = written.annotations if written else min(BATCH, len(check.annotations))
    written = written or github.create_check(first_body(check))
    while not written.completed:
        body = next_body(check, sent)
        sent = min(sent + BATCH, len(check.annotations))
        written = github.update_check(written.id, body, sent)
    return written.url


def put_status(github: GitHub, check: CheckRun) -> None:
    """The check as a commit status."""
    github.set_status(check.head_sha, status_body(check))


def put_comment(github: GitHub, number: int, key: str, body: str) -> None:
    """Our one comment of this key says `body`.

    Two jobs that both find none both write one; each then looks again, and both keep the older.
    """
    ours = own_comments(github.comments(number), key, github.login() or ACTIONS_LOGIN)
    if ours.kept is None or not _edited(github, ours.kept, body):
        made = github.create_comment(number, body)
        ours = own_comments(github.comments(number), key, made.author)
        if ours.kept is not None:
            _edited(github, ours.kept, body)
    _remove(github, ours)


def _edited(github: GitHub, comment: Comment, body: str) -> bool:
    """False if somebody deleted it meanwhile."""
    if comment.body == body:
        return True
    try:
        github.edit_comment(comment.id, body)
    except CannotPublishComment as refused:
        if refused.status in {404, 410}:
            return False
        raise
    return True


def _remove(github: GitHub, ours: OwnComments) -> None:
    for comment in ours.surplus:
        github.delete_comment(comment.id)
