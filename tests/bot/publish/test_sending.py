"""One check, one status, one comment: however often, however many at once, whatever breaks on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.github.errors import CannotPublishCheck, CannotPublishComment
from bot.message.annotations import Annotation, Level
from bot.message.checks import CheckRun, check_of
from bot.message.comments import marker
from bot.message.conclusions import Conclusion
from bot.message.links import Links
from bot.publish.sending import put_check, put_comment, put_status
from tests.bot.conftest import REPO, Door, Waited
from tests.bot.samples import drift
from tests.fakes.github import FakeGitHub

BODY = f"{marker('crew')}\nhello"


def check(sha: str, lines: int = 0) -> CheckRun:
    notes = [Annotation("suite.yaml", n + 1, Level.FAILURE, f"case {n}", "broke") for n in range(lines)]
    return check_of(drift(), "crew", Conclusion.FAILURE, notes, Links(sha))


def writes(fake: FakeGitHub) -> list[str]:
    return [
        f"{entry.method} {entry.status}" for entry in fake.log if entry.writes and "graphql" not in entry.path
    ]


# --- checks -----------------------------------------------------------------------------------------------


def test_a_check_is_on_the_commit_with_its_conclusion(fake: FakeGitHub, door: Door) -> None:
    sha = fake.head(REPO)
    url = put_check(door(), check(sha, 3))
    (run,) = fake.check_runs(REPO, sha)
    assert (run.name, run.conclusion, len(run.annotations)) == ("crew", "failure", 3)
    assert url.endswith(f"/runs/{run.id}")


def test_120_annotations_are_three_calls(fake: FakeGitHub, door: Door) -> None:
    put_check(door(), check(fake.head(REPO), 120))
    (run,) = fake.check_runs(REPO)
    assert len(run.annotations) == 120
    assert writes(fake) == ["POST 201", "PATCH 200", "PATCH 200"]
    assert (run.status, run.conclusion) == ("completed", "failure")


def test_the_same_check_twice_is_written_once(fake: FakeGitHub, door: Door) -> None:
    for _ in range(2):
        put_check(door(), check(fake.head(REPO), 60))
    assert writes(fake) == ["POST 201", "PATCH 200"]


def test_other_content_is_another_check_of_the_same_name(fake: FakeGitHub, door: Door) -> None:
    sha = fake.head(REPO)
    put_check(door(), check(sha, 1))
    put_check(door(), check(sha, 2))
    assert [len(run.annotations) for run in fake.check_runs(REPO)] == [1, 2]


def test_a_check_that_was_cut_short_is_continued_where_it_ended(fake: FakeGitHub, door: Door) -> None:
    run = check(fake.head(REPO), 120)
    fake.fail("PATCH */check-runs/*", status=422)
    with pytest.raises(CannotPublishCheck):
        put_check(door(), run)
    put_check(door(), run)
    (there,) = fake.check_runs(REPO)
    assert [one["start_line"] for one in there.annotations] == list(range(1, 121))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("call", ["POST */check-runs", "PATCH */check-runs/*", "GET */check-runs"])
@pytest.mark.parametrize("status", [0, 502, 503])
def test_a_broken_answer_leaves_one_whole_check(
    fake: FakeGitHub, door: Door, call: str, status: int, late: bool
) -> None:
    fake.fail(call, status=status, late=late)
    put_check(door(), check(fake.head(REPO), 120))
    (run,) = fake.check_runs(REPO)
    assert [one["start_line"] for one in run.annotations] == list(range(1, 121))


def test_a_name_that_a_job_has_too_is_not_mistaken_for_ours(fake: FakeGitHub, door: Door) -> None:
    sha = fake.head(REPO)
    door().create_check({"name": "crew", "head_sha": sha, "external_id": "a job", "status": "in_progress"})
    put_check(door(), check(sha))
    assert [run.status for run in fake.check_runs(REPO)] == ["in_progress", "completed"]


def test_a_status_says_it_in_one_line(fake: FakeGitHub, door: Door) -> None:
    sha = fake.head(REPO)
    put_status(door(), check(sha))
    (status,) = fake.statuses(REPO, sha)
    assert (status.state, status.context) == ("failure", "crew")


# --- comments ---------------------------------------------------------------------------------------------


def bodies(fake: FakeGitHub, number: int) -> list[str]:
    return [comment.body for comment in fake.comments(REPO, number)]


def test_50_updates_are_one_comment(fake: FakeGitHub, door: Door) -> None:
    number, github = fake.add_pull(REPO), door()
    for turn in range(50):
        put_comment(github, number, "crew", f"{BODY} {turn}")
    assert bodies(fake, number) == [f"{BODY} 49"]


def test_the_same_words_again_are_no_write(fake: FakeGitHub, door: Door) -> None:
    number = fake.add_pull(REPO)
    for _ in range(3):
        put_comment(door(), number, "crew", BODY)
    assert writes(fake) == ["POST 201"]


def test_each_key_has_its_own_comment(fake: FakeGitHub, door: Door) -> None:
    number = fake.add_pull(REPO)
    for key in ("refunds", "parcels", "refunds"):
        put_comment(door(), number, key, marker(key))
    assert bodies(fake, number) == [marker("refunds"), marker("parcels")]


def test_a_strangers_comment_with_our_marker_is_left_alone(fake: FakeGitHub, door: Door) -> None:
    number = fake.add_pull(REPO)
    fake.comment(REPO, number, f"{marker('crew')}\nPASS, honestly", author="mallory")
    put_comment(door(), number, "crew", BODY)
    assert bodies(fake, number) == [f"{marker('crew')}\nPASS, honestly", BODY]


def test_it_is_found_behind_250_other_comments(fake: FakeGitHub, door: Door) -> None:
    number = fake.add_pull(REPO)
    for turn in range(250):
        fake.comment(REPO, number, f"comment {turn}")
    put_comment(door(), number, "crew", BODY)
    put_comment(door(), number, "crew", f"{BODY} 2")
    assert bodies(fake, number)[250:] == [f"{BODY} 2"]


def test_two_that_both_found_none_end_with_one(fake: FakeGitHub, door: Door) -> None:
    number, other = fake.add_pull(REPO), door()
    fake.before("POST */comments", lambda: put_comment(other, number, "crew", f"{BODY} of the other"))
    put_comment(door(), number, "crew", BODY)
    assert bodies(fake, number) == [BODY]


def test_many_at_once_end_with_one(fake: FakeGitHub, door: Door) -> None:
    number, doors = fake.add_pull(REPO), [door() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(lambda pair: put_comment(pair[1], number, "crew", f"{BODY} {pair[0]}"), enumerate(doors))
        )
    assert len(bodies(fake, number)) == 1


def test_a_comment_that_a_person_deletes_meanwhile_is_written_anew(fake: FakeGitHub, door: Door) -> None:
    number = fake.add_pull(REPO)
    put_comment(door(), number, "crew", BODY)
    (comment,) = fake.comments(REPO, number)
    other = door()
    fake.before("PATCH */comments/*", lambda: other.delete_comment(comment.id))
    put_comment(door(), number, "crew", f"{BODY} 2")
    assert bodies(fake, number) == [f"{BODY} 2"]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("status", [0, 502])
@pytest.mark.parametrize("call", ["GET */comments", "POST */comments", "POST /graphql"])
def test_a_broken_answer_leaves_one_comment(
    fake: FakeGitHub, door: Door, call: str, status: int, late: bool
) -> None:
    number = fake.add_pull(REPO)
    fake.fail(call, status=status, late=late)
    put_comment(door(), number, "crew", BODY)
    assert bodies(fake, number) == [BODY]


def test_an_apps_own_comment_is_found_by_its_name(fake: FakeGitHub, door: Door) -> None:
    app = fake.add_app("crew", permissions={"issues": "write", "pull_requests": "write", "metadata": "read"})
    fake.install(app, "acme")
    token, number = fake.token("installation", app=app), fake.add_pull(REPO)
    for turn in range(2):
        put_comment(door(token=token), number, "crew", f"{BODY} {turn}")
    assert bodies(fake, number) == [f"{BODY} 1"]


def test_who_cannot_be_told_our_name_still_ends_with_one_comment(fake: FakeGitHub, door: Door) -> None:
    app = fake.add_app("crew", permissions={"issues": "write", "pull_requests": "write", "metadata": "read"})
    fake.install(app, "acme")
    token, number = fake.token("installation", app=app), fake.add_pull(REPO)
    fake.fail("POST /graphql", status=403, times=None)
    for turn in range(3):
        put_comment(door(token=token), number, "crew", f"{BODY} {turn}")
    assert bodies(fake, number) == [f"{BODY} 2"]


# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404, 422])
@pytest.mark.parametrize("call", ["GET */comments", "POST */comments"])
def test_a_plain_no_is_named_and_not_repeated(
    fake: FakeGitHub, door: Door, waited: Waited, call: str, status: int
) -> None:
    number = fake.add_pull(REPO)
    fake.fail(call, status=status, times=None)
    with pytest.raises(CannotPublishComment, match=f"the comment was not written: GitHub answered {status}"):
        put_comment(door(), number, "crew", BODY)
    assert waited.seconds == []


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_is_waited_for(fake: FakeGitHub, door: Door, waited: Waited, status: int) -> None:
    number = fake.add_pull(REPO)
    fake.limit("POST */comments", status=status, retry_after=17)
    put_comment(door(), number, "crew", BODY)
    assert (bodies(fake, number), waited.seconds) == ([BODY], [17.0])


def test_a_limit_that_never_ends_is_given_up(fake: FakeGitHub, door: Door, waited: Waited) -> None:
    fake.limit("POST */check-runs", retry_after=30, times=None)
    with pytest.raises(CannotPublishCheck) as refused:
        put_check(door(), check(fake.head(REPO)))
    assert waited.seconds == [30.0] * 4
    assert not refused.value.not_permitted


def test_a_server_that_stays_broken_is_given_up(fake: FakeGitHub, door: Door, waited: Waited) -> None:
    fake.fail("POST */check-runs", status=502, times=None)
    with pytest.raises(CannotPublishCheck, match="GitHub answered 502"):
        put_check(door(), check(fake.head(REPO)))
    assert waited.seconds == [1.0, 2.0, 4.0, 8.0]


def test_the_token_is_in_no_message(fake: FakeGitHub, door: Door) -> None:
    token = fake.token("actions", {"contents": "read"})
    with pytest.raises(CannotPublishCheck) as refused:
        put_check(door(token=token), replace(check(fake.head(REPO)), name="x"))
    assert token not in f"{refused.value!r}{refused.value}"
    assert "permissions: { checks: write }" in str(refused.value)
