"""Pull requests and the branches behind them."""

from __future__ import annotations

from tests.fakes.github import FakeGitHub
from tests.fakes.test_github.shop import PATH, SHOP, Shop


def _numbers(pulls: list[dict[str, int]]) -> list[int]:
    return [pull["number"] for pull in pulls]


def test_a_push_moves_the_head_and_fires_synchronize(shop: Shop) -> None:
    new = shop.fake.push(SHOP, "better", {"agent.yaml": "model: c\n"}, author="alice")
    assert shop.bot.get(f"{PATH}/pulls/1").body["head"]["sha"] == new
    fired = [body for event, action, body in shop.fake.events.fired if action == "synchronize"]
    assert [(body["before"], body["after"]) for body in fired] == [(shop.head, new)]


def test_pulls_are_found_by_head_with_its_owner(shop: Shop) -> None:
    fork = shop.fake.add_pull(SHOP, head="better", author="mallory", fork=True)
    assert _numbers(shop.bot.get(f"{PATH}/pulls?head=mallory:better").body) == [fork]
    assert _numbers(shop.bot.get(f"{PATH}/pulls?head=acme:better").body) == [shop.number]


def test_a_head_without_owner_filters_nothing(shop: Shop) -> None:
    assert _numbers(shop.bot.get(f"{PATH}/pulls?head=nothing").body) == [shop.number]


def test_pulls_are_found_by_base_and_state(shop: Shop) -> None:
    shop.fake.close_pull(SHOP, shop.number)
    assert shop.bot.get(f"{PATH}/pulls").body == []
    assert _numbers(shop.bot.get(f"{PATH}/pulls?state=closed&base=main").body) == [shop.number]
    assert shop.bot.get(f"{PATH}/pulls?state=all&base=other").body == []


def test_a_commit_knows_its_pull(shop: Shop) -> None:
    assert _numbers(shop.bot.get(f"{PATH}/commits/{shop.head}/pulls").body) == [shop.number]


def test_the_base_does_not_know_the_pull_of_a_forks_commit_but_the_fork_does(shop: Shop) -> None:
    number = shop.fake.add_pull(SHOP, head="theirs", author="mallory", fork=True)
    sha = shop.fake.head("mallory/shop", "theirs")
    assert shop.bot.get(f"{PATH}/commits/{sha}/pulls").body == []
    assert _numbers(shop.bot.get(f"/repos/mallory/shop/commits/{sha}/pulls").body) == [number]


def test_a_forks_commit_can_be_read_through_the_base(shop: Shop) -> None:
    shop.fake.add_pull(SHOP, head="theirs", author="mallory", fork=True)
    sha = shop.fake.head("mallory/shop", "theirs")
    assert shop.bot.get(f"{PATH}/commits/{sha}").body["sha"] == sha


def test_the_files_of_a_pull_have_their_patch(shop: Shop) -> None:
    (file,) = shop.bot.get(f"{PATH}/pulls/1/files").body
    assert (file["filename"], file["status"], file["changes"]) == ("agent.yaml", "modified", 2)
    assert file["patch"] == "@@ -1 +1 @@\n-model: a\n+model: b"


def test_files_are_those_since_the_merge_base(shop: Shop) -> None:
    shop.fake.push(SHOP, "main", {"unrelated.txt": "x"})
    assert [f["filename"] for f in shop.bot.get(f"{PATH}/pulls/1/files").body] == ["agent.yaml"]


def test_a_pull_is_opened_by_branch(shop: Shop) -> None:
    shop.fake.push(SHOP, "fix", {"agent.yaml": "model: d\n"})
    answer = shop.bot.post(f"{PATH}/pulls", {"title": "Fix", "head": "fix", "base": "main"})
    assert (answer.status, answer.body["user"]["login"]) == (201, "github-actions[bot]")
    assert shop.fake.repo(SHOP).git.ref("refs/pull/2/head") == shop.fake.head(SHOP, "fix")


def test_a_second_pull_of_the_same_branch_is_refused(shop: Shop) -> None:
    answer = shop.bot.post(f"{PATH}/pulls", {"title": "Again", "head": "better", "base": "main"})
    assert (answer.status, answer.message) == (
        422,
        "Validation Failed A pull request already exists for acme:better.",
    )


def test_a_pull_needs_a_branch_that_is_there_and_a_commit(shop: Shop) -> None:
    unknown = shop.bot.post(f"{PATH}/pulls", {"title": "x", "head": "nowhere", "base": "main"})
    assert unknown.body["errors"] == [{"resource": "PullRequest", "field": "head", "code": "invalid"}]
    shop.fake.repo(SHOP).git.set_ref("refs/heads/same", shop.fake.head(SHOP))
    nothing = shop.bot.post(f"{PATH}/pulls", {"title": "x", "head": "same", "base": "main"})
    assert nothing.message.endswith("No commits between main and same")


def test_a_body_that_is_too_long_is_refused(shop: Shop) -> None:
    assert shop.bot.patch(f"{PATH}/pulls/1", {"body": "x" * 65_536}).status == 200
    assert shop.bot.patch(f"{PATH}/pulls/1", {"body": "x" * 65_537}).status == 422


def test_a_reader_edits_only_their_own(shop: Shop) -> None:
    assert shop.person("bob").patch(f"{PATH}/pulls/1", {"title": "mine now"}).status == 403
    assert shop.person("alice").patch(f"{PATH}/pulls/1", {"title": "better"}).body["title"] == "better"


def test_a_closed_pull_opens_again_and_a_merged_one_does_not(shop: Shop) -> None:
    assert shop.bot.patch(f"{PATH}/pulls/1", {"state": "closed"}).body["state"] == "closed"
    assert shop.bot.patch(f"{PATH}/pulls/1", {"state": "open"}).body["state"] == "open"
    shop.fake.merge_pull(SHOP, 1)
    assert shop.bot.patch(f"{PATH}/pulls/1", {"state": "open"}).status == 422


def test_a_merge_moves_the_base_and_marks_the_pull(shop: Shop) -> None:
    sha = shop.fake.merge_pull(SHOP, 1, by="alice")
    body = shop.bot.get(f"{PATH}/pulls/1").body
    assert (body["merged"], body["merge_commit_sha"], body["state"]) == (True, sha, "closed")
    assert shop.fake.read(SHOP, "main", "agent.yaml") == b"model: b\n"


def test_a_conflict_has_no_merge_commit(shop: Shop) -> None:
    shop.fake.push(SHOP, "main", {"agent.yaml": "model: other\n"})
    body = shop.bot.get(f"{PATH}/pulls/1").body
    assert (body["mergeable"], body["mergeable_state"]) == (False, "dirty")
    assert shop.fake.repo(SHOP).git.ref("refs/pull/1/merge") is None


def test_a_deleted_branch_closes_its_pull(shop: Shop) -> None:
    shop.fake.delete_branch(SHOP, "better")
    assert shop.bot.get(f"{PATH}/pulls/1").body["state"] == "closed"


def test_the_same_pushes_have_the_same_shas(shop: Shop) -> None:
    with FakeGitHub() as other:
        other.add_repo(SHOP, {"agent.yaml": "model: a\n"})
        other.add_pull(SHOP, head="better", author="alice", files={"agent.yaml": "model: b\n"})
        assert other.head(SHOP, "better") == shop.head
