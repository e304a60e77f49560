"""What could not be done on GitHub, and whether a permission would help."""

from __future__ import annotations

import pytest

from bot.github.errors import CannotPublish, CannotPublishComment, CannotReach, CannotReadPull


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_missing_permission_is_named_with_its_fix(status: int) -> None:
    error = CannotPublishComment(status, "Resource not accessible")
    assert error.not_permitted
    assert str(error) == (
        f"the comment was not written: GitHub answered {status} (Resource not accessible)\n"
        "    fix: give the job  permissions: { pull-requests: write }"
    )


@pytest.mark.parametrize("status", [None, 422, 500])
def test_what_no_permission_would_help_advises_none(status: int | None) -> None:
    error = CannotPublishComment(status, "x")
    assert not error.not_permitted
    assert "fix:" not in str(error)


def test_a_limit_is_no_missing_permission() -> None:
    assert not CannotReach(403, "rate limit", limited=True).not_permitted


def test_no_answer_is_said() -> None:
    assert (
        str(CannotReadPull(None, "timed out"))
        == "the pull request could not be read: no answer came (timed out)"
    )


def test_a_message_of_github_is_cut() -> None:
    assert len(CannotReach(500, "x" * 1_000).said) == 300


def test_a_verdict_that_cannot_be_shown_is_told_from_what_cannot_be_read() -> None:
    assert issubclass(CannotPublishComment, CannotPublish)
    assert not issubclass(CannotReadPull, CannotPublish)
