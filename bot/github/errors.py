"""What could not be done on GitHub, each named after it."""

from __future__ import annotations

from typing import ClassVar

from agent_runtime.errors import CrewError


class CannotReach(CrewError):
    """GitHub refused, or did not answer.

    Attributes:
        status: what it answered; None if no answer came.
        said: its message, or why no answer came. Foreign text: escape at the sink.
        limited: True if it would have answered later.
    """

    what: ClassVar[str] = "GitHub could not be asked"
    fix: ClassVar[str] = ""

    def __init__(self, status: int | None, said: str, *, limited: bool = False) -> None:
        self.status = status
        self.limited = limited
        self.said = said[:300]
        answer = f"GitHub answered {status}" if status else "no answer came"
        advice = self.fix if self.not_permitted else ""
        super().__init__(f"{self.what}: {answer} ({self.said})" + (f"\n    fix: {advice}" if advice else ""))

    @property
    def not_permitted(self) -> bool:
        """True if the token is not allowed to: a fork's token may only read."""
        return self.status in {401, 403, 404} and not self.limited


class CannotPublish(CrewError):
    """The verdict is known, but GitHub does not show it."""


class CannotPublishCheck(CannotReach, CannotPublish):
    """The check run was not written."""

    what = "the check run was not written"
    fix = "give the job  permissions: { checks: write }"


class CannotPublishStatus(CannotReach, CannotPublish):
    """The commit status was not written."""

    what = "the commit status was not written"
    fix = "give the job  permissions: { statuses: write }"


class CannotPublishComment(CannotReach, CannotPublish):
    """The comment was not written."""

    what = "the comment was not written"
    fix = "give the job  permissions: { pull-requests: write }"


class CannotReadPull(CannotReach):
    """Nothing is known of the pull request."""

    what = "the pull request could not be read"
    fix = "give the job  permissions: { pull-requests: read }"


class CannotReadRun(CannotReach):
    """Nothing is known of the workflow run."""

    what = "the workflow run could not be read"
    fix = "give the job  permissions: { actions: read }"


class CannotFetchArtifact(CannotReach):
    """The artifact did not come."""

    what = "the artifact could not be fetched"
    fix = "give the job  permissions: { actions: read }"


class CannotReadPermission(CannotReach):
    """Nobody knows what this person may do, so they may nothing."""

    what = "a person's permission could not be read"
    fix = "give the App  metadata: read"


class CannotPublishIssue(CannotReach, CannotPublish):
    """The issue was not written."""

    what = "the issue was not written"
    fix = "give the job  permissions: { issues: write }"


class CannotPublishFindings(CannotReach, CannotPublish):
    """Code scanning does not show the findings."""

    what = "the findings were not uploaded to code scanning"
    fix = "give the job  permissions: { security-events: write }; a private repository needs GitHub Code Security"


class CannotPropose(CannotReach):
    """There is no pull request with our change."""

    what = "the pull request was not opened"
    fix = "give the job  permissions: { contents: write, pull-requests: write }, and let Actions create pull requests"
