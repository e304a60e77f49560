"""What holds for every endpoint: errors, headers, pages, ETags, limits, the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub
from tests.fakes.test_github.shop import PATH, SHOP, Shop


def test_a_body_that_is_no_json_is_a_400(shop: Shop) -> None:
    answer = shop.bot.ask("POST", f"{PATH}/issues/1/comments", b"{")
    assert (answer.status, answer.message) == (400, "Problems parsing JSON")


def test_a_missing_field_is_named(shop: Shop) -> None:
    answer = shop.bot.post(f"{PATH}/check-runs", {"name": "x"})
    assert (answer.status, answer.message) == (422, 'Invalid request.\n\n"head_sha" wasn\'t supplied.')


def test_a_field_that_does_not_exist_is_refused(shop: Shop) -> None:
    answer = shop.bot.post(f"{PATH}/statuses/{shop.head}", {"state": "success", "contxt": "x"})
    assert answer.message == 'Invalid request.\n\n"contxt" is not a permitted key.'


def test_a_request_without_a_user_agent_is_forbidden(shop: Shop) -> None:
    assert shop.bot.ask("GET", PATH, headers={"User-Agent": ""}).status == 403


def test_an_api_version_that_never_was_is_refused(shop: Shop) -> None:
    assert shop.bot.get(PATH, X_GitHub_Api_Version="1999-01-01").status == 400
    assert shop.bot.get(PATH, X_GitHub_Api_Version="2022-11-28").status == 200


def test_every_answer_has_a_request_id_that_the_log_knows(shop: Shop) -> None:
    answer = shop.bot.get(PATH)
    assert shop.fake.log[-1].request_id == answer.headers["x-github-request-id"]


def test_an_endpoint_that_is_not_there_is_a_404_and_logged(shop: Shop) -> None:
    assert shop.bot.put(f"{PATH}/pulls/1/merge", {}).status == 404
    assert (shop.fake.log[-1].path, shop.fake.log[-1].route) == (f"{PATH}/pulls/1/merge", None)


def test_lists_come_in_pages_with_links(shop: Shop) -> None:
    for number in range(5):
        shop.fake.comment(SHOP, 1, f"{number}")
    answer = shop.bot.get(f"{PATH}/issues/1/comments?per_page=2&page=2")
    assert [comment["body"] for comment in answer.body] == ["2", "3"]
    at = f"{shop.fake.url}{PATH}/issues/1/comments?per_page=2&page"
    assert f'<{at}=3>; rel="next"' in answer.headers["link"]
    assert f'<{at}=1>; rel="first"' in answer.headers["link"]


def test_a_page_has_at_most_a_hundred(shop: Shop) -> None:
    for number in range(101):
        shop.fake.comment(SHOP, 1, f"{number}")
    assert len(shop.bot.get(f"{PATH}/issues/1/comments?per_page=500").body) == 100


def test_what_has_not_changed_is_a_304_and_free(shop: Shop) -> None:
    first = shop.bot.get(f"{PATH}/pulls/1")
    again = shop.bot.get(f"{PATH}/pulls/1", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]
    shop.fake.push(SHOP, "better", {"agent.yaml": "model: c\n"})
    assert shop.bot.get(f"{PATH}/pulls/1", If_None_Match=first.headers["etag"]).status == 200


def test_the_hour_runs_out_and_says_when_it_starts_again(shop: Shop) -> None:
    poor = shop.fake.client(shop.fake.token("actions", limit=1))
    assert poor.get(PATH).headers["x-ratelimit-remaining"] == "0"
    answer = poor.get(PATH)
    assert (answer.status, answer.message[:23]) == (403, "API rate limit exceeded")
    assert int(answer.headers["x-ratelimit-reset"]) > 0
    assert poor.get("/rate_limit").body["resources"]["core"]["remaining"] == 0


def test_the_hour_passes() -> None:
    now = [1_000_000.0]
    with FakeGitHub(clock=lambda: now[0]) as fake:
        fake.add_repo(SHOP)
        poor = fake.client(fake.token("actions", limit=1))
        assert [poor.get(PATH).status for _ in range(2)] == [200, 403]
        now[0] += 3601
        assert poor.get(PATH).status == 200


def test_the_log_holds_bodies_and_no_credential(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    with FakeGitHub(log_file=file) as fake:
        fake.add_repo(SHOP)
        token = fake.token("actions", {"issues": "write"})
        fake.client(token).post(f"{PATH}/issues", {"title": "hi"})
    entry = json.loads(file.read_text())
    assert (entry["method"], entry["status"], entry["token"]) == ("POST", 201, "actions")
    assert entry["body"] == {"title": "hi"}
    assert token not in file.read_text()


def test_names_of_repositories_know_no_case(shop: Shop) -> None:
    assert shop.bot.get("/repos/Acme/SHOP").body["full_name"] == SHOP


def test_a_slash_that_is_encoded_is_no_border(shop: Shop) -> None:
    shop.fake.push(SHOP, "feature/x", {"a": "b"})
    assert shop.bot.get(f"{PATH}/branches/feature%2Fx").body["name"] == "feature/x"
    assert shop.bot.get(f"{PATH}/collaborators/..%2F..%2Fpulls/permission").status == 404
    assert shop.fake.log[-1].route == "GET /repos/{owner}/{repo}/collaborators/{username}/permission"


def test_the_api_is_also_where_an_enterprise_server_has_it(shop: Shop) -> None:
    assert shop.bot.get(f"/api/v3{PATH}").status == 200


@pytest.mark.parametrize("text", ["**bold**", "| a |\n|---|\n| b |"])
def test_markdown_is_rendered_and_says_that_it_is_approximate(shop: Shop, text: str) -> None:
    answer = shop.bot.post("/markdown", {"text": text, "mode": "gfm"})
    assert b"<strong>" in answer.body or b"<table>" in answer.body
    assert answer.headers["x-fake-approximate"] == "markdown"
