"""Issues, comments, labels and reactions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fakes.github import Client
from tests.fakes.test_github.shop import PATH, SHOP, Shop

COMMENTS = f"{PATH}/issues/1/comments"


def test_a_comment_is_made_edited_and_deleted(shop: Shop) -> None:
    made = shop.bot.post(COMMENTS, {"body": "one"}).body
    at = f"{PATH}/issues/comments/{made['id']}"
    assert shop.bot.patch(at, {"body": "two"}).body["body"] == "two"
    assert shop.bot.delete(at).status == 204
    assert shop.bot.get(at).status == 404


def test_a_comment_has_at_most_65536_characters(shop: Shop) -> None:
    assert shop.bot.post(COMMENTS, {"body": "é" * 65_536}).status == 201
    answer = shop.bot.post(COMMENTS, {"body": "x" * 65_537})
    assert answer.status == 422
    assert answer.message == "Validation Failed Body is too long (maximum is 65536 characters)"


@pytest.mark.parametrize("body", ["", "  \n", None])
def test_a_comment_is_not_empty(shop: Shop, body: str | None) -> None:
    assert shop.bot.post(COMMENTS, {"body": body}).status == 422


def test_a_readers_comment_is_theirs(shop: Shop) -> None:
    comment = shop.fake.comment(SHOP, 1, "mine", author="alice")
    assert shop.person("bob").patch(f"{PATH}/issues/comments/{comment}", {"body": "no"}).status == 403
    assert shop.person("bob").post(COMMENTS, {"body": "hello"}).status == 201


def test_a_comment_on_nothing_is_not_found(shop: Shop) -> None:
    assert shop.bot.post(f"{PATH}/issues/99/comments", {"body": "hi"}).status == 404


def test_the_permission_for_pulls_does_not_reach_issues(shop: Shop) -> None:
    issue = shop.fake.add_issue(SHOP)
    bot = shop.with_permissions(pull_requests="write")
    assert bot.post(COMMENTS, {"body": "hi"}).status == 201
    assert bot.post(f"{PATH}/issues/{issue}/comments", {"body": "hi"}).status == 403


def test_two_jobs_at_once_both_have_their_say(shop: Shop) -> None:
    with ThreadPoolExecutor(4) as jobs:
        answers = jobs.map(lambda n: shop.bot.post(COMMENTS, {"body": f"{n}"}), range(12))
        assert len({answer.body["id"] for answer in answers}) == 12


def test_a_comment_of_an_app_names_the_app(shop: Shop) -> None:
    made = shop.bot.post(COMMENTS, {"body": "hi"}).body
    assert made["user"]["type"] == "Bot"
    assert made["performed_via_github_app"]["slug"] == "github-actions"


def test_comments_fire_events_with_what_was_before(shop: Shop) -> None:
    comment = shop.fake.comment(SHOP, 1, "/approve", author="alice")
    shop.fake.edit_comment(SHOP, comment, "/approve 123")
    actions = [(event, action) for event, action, _ in shop.fake.events.fired[-2:]]
    assert actions == [("issue_comment", "created"), ("issue_comment", "edited")]
    assert shop.fake.events.fired[-1][2]["changes"] == {"body": {"from": "/approve"}}


def _reactions(client: Client, comment: int) -> list[str]:
    return [r["content"] for r in client.get(f"{PATH}/issues/comments/{comment}/reactions").body]


def test_a_reaction_is_made_once(shop: Shop) -> None:
    comment = shop.fake.comment(SHOP, 1, "hi")
    at = f"{PATH}/issues/comments/{comment}/reactions"
    assert [shop.bot.post(at, {"content": "eyes"}).status for _ in range(2)] == [201, 200]
    assert _reactions(shop.bot, comment) == ["eyes"]


def test_a_reaction_is_one_of_eight(shop: Shop) -> None:
    comment = shop.fake.comment(SHOP, 1, "hi")
    answer = shop.bot.post(f"{PATH}/issues/comments/{comment}/reactions", {"content": "clap"})
    assert answer.status == 422


def test_labels_are_made_when_they_are_used(shop: Shop) -> None:
    answer = shop.bot.post(f"{PATH}/issues/1/labels", {"labels": ["Drift", "drift"]})
    assert [label["name"] for label in answer.body] == ["Drift"]
    assert shop.bot.get(f"{PATH}/labels/drift").body["name"] == "Drift"


def test_a_label_has_a_colour_of_six_digits_and_a_name_of_its_own(shop: Shop) -> None:
    assert shop.bot.post(f"{PATH}/labels", {"name": "a", "color": "#ff0000"}).status == 422
    assert shop.bot.post(f"{PATH}/labels", {"name": "a", "color": "ff0000"}).status == 201
    again = shop.bot.post(f"{PATH}/labels", {"name": "A"})
    assert again.body["errors"][0]["code"] == "already_exists"


def test_issues_are_found_by_label(shop: Shop) -> None:
    made = shop.bot.post(f"{PATH}/issues", {"title": "drift on main", "labels": ["drift"]}).body
    found = shop.bot.get(f"{PATH}/issues?labels=drift").body
    assert [issue["number"] for issue in found] == [made["number"]]


def test_labels_of_someone_who_may_not_set_them_are_dropped(shop: Shop) -> None:
    made = shop.person("bob").post(f"{PATH}/issues", {"title": "hi", "labels": ["urgent"]})
    assert (made.status, made.body["labels"]) == (201, [])


def test_a_pull_is_an_issue_too(shop: Shop) -> None:
    assert shop.bot.get(f"{PATH}/issues/1").body["pull_request"]["url"].endswith("/pulls/1")
    shop.fake.add_issue(SHOP)
    assert shop.bot.get(f"{PATH}/pulls/2").status == 404
