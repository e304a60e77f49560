"""Check runs and statuses, with their limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.github import Answer
from tests.fakes.test_github.shop import EVERYTHING, PATH, SHOP, Shop

RUNS = f"{PATH}/check-runs"
OUTPUT: dict[str, Any] = {"title": "Canary", "summary": "fine"}


def _create(shop: Shop, **fields: Any) -> Answer:
    return shop.bot.post(RUNS, {"name": "Canary", "head_sha": shop.head, **fields})


def _annotations(count: int, **fields: Any) -> list[dict[str, Any]]:
    one = {
        "path": "agent.yaml",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "warning",
        "message": "m",
    }
    return [{**one, **fields} for _ in range(count)]


def test_a_check_run_belongs_to_the_app_of_the_token(shop: Shop) -> None:
    made = _create(shop)
    assert (made.status, made.body["status"], made.body["app"]["slug"]) == (201, "queued", "github-actions")


def test_a_person_writes_no_checks(shop: Shop) -> None:
    answer = shop.person("acme").post(RUNS, {"name": "x", "head_sha": shop.head})
    assert (answer.status, answer.message) == (403, "You must authenticate via a GitHub App.")


def test_a_check_run_needs_a_commit(shop: Shop) -> None:
    answer = shop.bot.post(RUNS, {"name": "x", "head_sha": "0" * 40})
    assert (answer.status, answer.message) == (422, f"No commit found for SHA: {'0' * 40}")


def test_a_completed_run_needs_a_conclusion_and_a_conclusion_completes(shop: Shop) -> None:
    assert _create(shop, status="completed").status == 422
    assert _create(shop, completed_at="2026-01-01T00:00:00Z").status == 422
    assert _create(shop, conclusion="neutral").body["status"] == "completed"


def test_only_github_says_stale(shop: Shop) -> None:
    assert _create(shop, conclusion="stale").status == 422


def test_fifty_annotations_at_a_time(shop: Shop) -> None:
    answer = _create(shop, output={**OUTPUT, "annotations": _annotations(51)})
    assert answer.status == 422
    assert answer.message == "Invalid request.\n\nNo more than 50 items are allowed; 51 were supplied."
    assert shop.fake.check_runs(SHOP) == []


def test_annotations_add_up_over_updates(shop: Shop) -> None:
    run = _create(shop, output={**OUTPUT, "annotations": _annotations(50)}).body["id"]
    for count in (50, 20):
        shop.bot.patch(f"{RUNS}/{run}", {"output": {**OUTPUT, "annotations": _annotations(count)}})
    assert shop.bot.get(f"{RUNS}/{run}").body["output"]["annotations_count"] == 120
    assert len(shop.bot.get(f"{RUNS}/{run}/annotations?per_page=100").body) == 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_line": 0},
        {"start_line": 3, "end_line": 2},
        {"end_line": 2, "start_column": 1},
        {"annotation_level": "error"},
        {"message": "x" * 65_537},
        {"title": "x" * 256},
    ],
)
def test_an_annotation_has_its_rules(shop: Shop, wrong: dict[str, Any]) -> None:
    assert _create(shop, output={**OUTPUT, "annotations": _annotations(1, **wrong)}).status == 422


@pytest.mark.parametrize("field", ["summary", "text"])
def test_an_output_has_at_most_65535_characters(shop: Shop, field: str) -> None:
    assert _create(shop, output={**OUTPUT, field: "x" * 65_535}).status == 201
    answer = _create(shop, output={**OUTPUT, field: "x" * 65_536})
    assert answer.message == "Invalid request.\n\nOnly 65535 characters are allowed; 65536 were supplied."


def test_three_buttons_at_most(shop: Shop) -> None:
    button = {"label": "Rerun", "description": "Run it again", "identifier": "rerun"}
    assert _create(shop, actions=[button] * 3).status == 201
    assert _create(shop, actions=[button] * 4).status == 422


@pytest.mark.parametrize(("field", "most"), [("label", 20), ("description", 40), ("identifier", 20)])
def test_a_button_is_short(shop: Shop, field: str, most: int) -> None:
    button = {"label": "Rerun", "description": "Run it again", "identifier": "rerun"}
    assert _create(shop, actions=[{**button, field: "x" * most}]).status == 201
    assert _create(shop, actions=[{**button, field: "x" * (most + 1)}]).status == 422


def test_only_its_maker_changes_a_check_run(shop: Shop) -> None:
    run = _create(shop).body["id"]
    other = shop.fake.add_app("other", permissions=EVERYTHING)
    token = shop.fake.token("installation", EVERYTHING, app=other)
    answer = shop.fake.client(token).patch(f"{RUNS}/{run}", {"conclusion": "success"})
    assert (answer.status, answer.message[:14]) == (403, "Invalid app_id")


def test_of_two_runs_of_one_name_the_latest_counts(shop: Shop) -> None:
    _create(shop, conclusion="failure")
    second = _create(shop, conclusion="success").body["id"]
    at = f"{PATH}/commits/{shop.head}/check-runs"
    assert [run["id"] for run in shop.bot.get(f"{at}?check_name=Canary").body["check_runs"]] == [second]
    assert shop.bot.get(f"{at}?filter=all").body["total_count"] == 2


def test_a_check_run_names_the_pulls_of_the_repository_but_not_a_forks(shop: Shop) -> None:
    assert [pull["number"] for pull in _create(shop).body["pull_requests"]] == [shop.number]
    shop.fake.add_pull(SHOP, head="theirs", author="mallory", fork=True)
    theirs = shop.fake.head("mallory/shop", "theirs")
    assert shop.bot.post(RUNS, {"name": "x", "head_sha": theirs}).body["pull_requests"] == []


def test_a_pressed_button_fires_requested_action(shop: Shop) -> None:
    button = {"label": "Rerun", "description": "Run it again", "identifier": "rerun"}
    run = _create(shop, conclusion="failure", actions=[button]).body["id"]
    shop.fake.press(SHOP, run, "rerun", by="bob")
    event, action, body = shop.fake.events.fired[-1]
    assert (event, action, body["sender"]["login"]) == ("check_run", "requested_action", "bob")


def test_a_suite_gathers_the_runs_of_a_commit(shop: Shop) -> None:
    suite = _create(shop, conclusion="success").body["check_suite"]["id"]
    assert _create(shop, name="Other", conclusion="failure").body["check_suite"]["id"] == suite
    assert shop.bot.get(f"{PATH}/check-suites/{suite}").body["conclusion"] == "failure"


def _status(shop: Shop, **fields: Any) -> Answer:
    return shop.bot.post(f"{PATH}/statuses/{shop.head}", {"state": "success", **fields})


@pytest.mark.parametrize("field", ["description", "context"])
def test_a_status_is_short(shop: Shop, field: str) -> None:
    assert _status(shop, **{field: "x" * 140}).status == 201
    answer = _status(shop, **{field: "x" * 141})
    assert answer.message == f"Validation Failed {field} is too long (maximum is 140 characters)"


def test_a_status_needs_a_whole_sha_that_is_there(shop: Shop) -> None:
    assert shop.bot.post(f"{PATH}/statuses/{'0' * 40}", {"state": "success"}).status == 422
    assert shop.bot.post(f"{PATH}/statuses/{shop.head[:10]}", {"state": "success"}).status == 422


def test_a_status_has_four_states_and_a_web_address(shop: Shop) -> None:
    assert _status(shop, state="neutral").status == 422
    assert _status(shop, target_url="javascript:alert(1)").status == 422


def test_a_thousand_statuses_of_a_sha_and_context(shop: Shop) -> None:
    _status(shop, context="gate")
    (one,) = shop.fake.statuses(SHOP, shop.head)
    shop.fake.repo(SHOP).statuses.extend([one] * 999)
    assert "maximum number of statuses" in _status(shop, context="gate").message
    assert _status(shop, context="other").status == 201


def test_the_combined_state_is_the_worst_of_the_latest(shop: Shop) -> None:
    at = f"{PATH}/commits/{shop.head}/status"
    assert shop.bot.get(at).body["state"] == "pending"
    _status(shop, context="a", state="failure")
    _status(shop, context="b")
    assert shop.bot.get(at).body["state"] == "failure"
    _status(shop, context="a")
    assert shop.bot.get(at).body["state"] == "success"
