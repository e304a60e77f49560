"""PyGithub, as the product uses it, works with the fake."""

from __future__ import annotations

import pytest
from github import Auth, Github, GithubException, GithubIntegration, GithubRetry, InputGitTreeElement
from github.Repository import Repository

from tests.fakes.github import FakeGitHub
from tests.fakes.test_github.shop import EVERYTHING, SHOP, Shop


def _github(fake: FakeGitHub, token: str, retry: GithubRetry | None = None) -> Github:
    return Github(
        base_url=fake.url,
        auth=Auth.Token(token),
        retry=retry,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )


@pytest.fixture
def repo(shop: Shop) -> Repository:
    return _github(shop.fake, shop.bot.token).get_repo(SHOP)


def test_one_sticky_comment_is_found_and_edited(shop: Shop, repo: Repository) -> None:
    pull = repo.get_pull(shop.number)
    pull.create_issue_comment("<!-- marker --> one")
    (sticky,) = [c for c in pull.get_issue_comments() if c.body.startswith("<!-- marker -->")]
    sticky.edit("<!-- marker --> two")
    assert [c.body for c in shop.fake.comments(SHOP, 1)] == ["<!-- marker --> two"]


def test_a_hundred_and_twenty_annotations_in_three_calls(shop: Shop, repo: Repository) -> None:
    one: dict[str, str | int] = {
        "path": "agent.yaml",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "warning",
        "message": "m",
    }
    output = {"title": "t", "summary": "s"}
    run = repo.create_check_run("Canary", shop.head, output={**output, "annotations": [one] * 50})
    run.edit(output={**output, "annotations": [one] * 50})
    run.edit(conclusion="failure", output={**output, "annotations": [one] * 20})
    assert len(list(run.get_annotations())) == 120
    assert len(shop.fake.log.writes()) == 3


def test_a_forks_pull_is_found_by_its_head(shop: Shop, repo: Repository) -> None:
    number = shop.fake.add_pull(SHOP, head="theirs", author="mallory", fork=True)
    assert [pull.number for pull in repo.get_pulls(head="mallory:theirs")] == [number]


def test_a_branch_a_commit_and_a_pull_without_a_checkout(shop: Shop, repo: Repository) -> None:
    base = repo.get_git_commit(shop.fake.head(SHOP))
    tree = repo.create_git_tree(
        [InputGitTreeElement("agent.yaml", "100644", "blob", content="model: c\n")], base.tree
    )
    commit = repo.create_git_commit("Fix", tree, [base])
    repo.create_git_ref("refs/heads/fix/drift", commit.sha)
    pull = repo.create_pull(base="main", head="fix/drift", title="Fix", body="evidence")
    assert [file.filename for file in pull.get_files()] == ["agent.yaml"]


def test_an_app_gets_its_token_and_works(shop: Shop, keys: tuple[str, bytes]) -> None:
    app = shop.fake.add_app(permissions=EVERYTHING, key=keys[1])
    shop.fake.install(app, "acme")
    integration = GithubIntegration(auth=Auth.AppAuth(app.id, keys[0]), base_url=shop.fake.url)
    installation = integration.get_repo_installation("acme", "shop")
    token = integration.get_access_token(installation.id, permissions={"checks": "write"}).token
    made = _github(shop.fake, token).get_repo(SHOP).create_check_run("x", shop.head)
    assert made.app.slug == app.slug
    integration.close()


def test_its_own_retry_meets_the_secondary_limit(shop: Shop) -> None:
    shop.fake.limit("GET *", retry_after=0)
    github = _github(shop.fake, shop.bot.token, GithubRetry(total=2, secondary_rate_wait=0))
    assert github.get_repo(SHOP).full_name == SHOP
    assert [entry.status for entry in shop.fake.log] == [403, 200]


def test_a_refusal_is_its_exception(shop: Shop) -> None:
    repo = _github(shop.fake, shop.fake.token("actions", {"contents": "read"})).get_repo(SHOP)
    with pytest.raises(GithubException, match="Resource not accessible by integration"):
        repo.get_commit(shop.head).create_status("success")
