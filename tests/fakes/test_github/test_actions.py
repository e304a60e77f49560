"""Workflow runs, artifacts and dispatch."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.fakes.github import FakeGitHub
from tests.fakes.github.state import WorkflowRun
from tests.fakes.test_github.shop import PATH, SHOP, Shop

NIGHTLY = """
on:
  workflow_dispatch:
    inputs:
      suite: { required: true }
      samples: { default: "10" }
"""


@pytest.fixture
def run(shop: Shop) -> WorkflowRun:
    return shop.fake.add_run(SHOP, sha=shop.head, branch="better")


def test_an_artifact_is_downloaded_from_an_address_that_is_signed(shop: Shop, run: WorkflowRun) -> None:
    artifact = shop.fake.add_artifact(SHOP, run.id, "results", {"samples.jsonl": "{}\n"})
    redirect = shop.bot.get(f"{PATH}/actions/artifacts/{artifact}/zip")
    assert redirect.status == 302
    content = shop.fake.client().get(redirect.headers["location"]).body
    assert zipfile.ZipFile(io.BytesIO(content)).read("samples.jsonl") == b"{}\n"


def test_the_blob_store_refuses_our_credential_and_another_signature(shop: Shop, run: WorkflowRun) -> None:
    artifact = shop.fake.add_artifact(SHOP, run.id, "results", b"any bytes")
    location = shop.bot.get(f"{PATH}/actions/artifacts/{artifact}/zip").headers["location"]
    assert shop.bot.get(location).status == 400
    assert shop.fake.client().get(location + "0").status == 403


def test_the_address_lives_a_minute() -> None:
    now = [1_000_000.0]
    with FakeGitHub(clock=lambda: now[0]) as fake:
        fake.add_repo(SHOP)
        run = fake.add_run(SHOP, sha=fake.head(SHOP))
        artifact = fake.add_artifact(SHOP, run.id, "results", b"x")
        bot = fake.client(fake.token("actions", {"actions": "read"}))
        location = bot.get(f"{PATH}/actions/artifacts/{artifact}/zip").headers["location"]
        now[0] += 61
        assert fake.client().get(location).status == 403


def test_artifacts_are_found_by_run_and_name(shop: Shop, run: WorkflowRun) -> None:
    for name in ("results-1", "results-2"):
        shop.fake.add_artifact(SHOP, run.id, name, {"a": name})
    body = shop.bot.get(f"{PATH}/actions/runs/{run.id}/artifacts?name=results-2").body
    assert [one["name"] for one in body["artifacts"]] == ["results-2"]
    assert body["artifacts"][0]["workflow_run"]["head_sha"] == shop.head


def test_an_expired_artifact_is_gone(shop: Shop, run: WorkflowRun) -> None:
    artifact = shop.fake.add_artifact(SHOP, run.id, "results", b"x", expired=True)
    assert shop.bot.get(f"{PATH}/actions/artifacts/{artifact}/zip").status == 410


def test_artifacts_need_actions_read(shop: Shop, run: WorkflowRun) -> None:
    at = f"{PATH}/actions/runs/{run.id}/artifacts"
    assert shop.with_permissions(contents="read").get(at).status == 403


def test_a_run_knows_its_pulls_but_a_forks_run_does_not(shop: Shop, run: WorkflowRun) -> None:
    pulls = shop.bot.get(f"{PATH}/actions/runs/{run.id}").body["pull_requests"]
    assert [pull["number"] for pull in pulls] == [shop.number]
    shop.fake.add_pull(SHOP, head="theirs", author="mallory", fork=True)
    sha = shop.fake.head("mallory/shop", "theirs")
    theirs = shop.fake.add_run(SHOP, sha=sha, branch="theirs", head_repo="mallory/shop")
    body = shop.bot.get(f"{PATH}/actions/runs/{theirs.id}").body
    assert (body["pull_requests"], body["head_repository"]["full_name"]) == ([], "mallory/shop")


def test_runs_are_found_by_head(shop: Shop, run: WorkflowRun) -> None:
    shop.fake.add_run(SHOP, sha=shop.fake.head(SHOP), event="push", conclusion="failure")
    found = shop.bot.get(f"{PATH}/actions/runs?head_sha={shop.head}").body
    assert [one["id"] for one in found["workflow_runs"]] == [run.id]
    assert shop.bot.get(f"{PATH}/actions/runs?status=failure").body["total_count"] == 1


@pytest.fixture
def nightly(shop: Shop) -> str:
    shop.fake.push(
        SHOP, "main", {".github/workflows/nightly.yml": NIGHTLY, ".github/workflows/ci.yml": "on: push\n"}
    )
    return f"{PATH}/actions/workflows/nightly.yml/dispatches"


def test_a_dispatch_starts_a_run_with_its_inputs(shop: Shop, nightly: str) -> None:
    assert shop.bot.post(nightly, {"ref": "main", "inputs": {"suite": "support"}}).status == 204
    (run,) = shop.fake.repo(SHOP).runs.values()
    assert (run.event, run.status, run.inputs) == (
        "workflow_dispatch",
        "queued",
        {"samples": "10", "suite": "support"},
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"ref": "main", "inputs": {"suite": "s", "x": "1"}}, 'Unexpected inputs provided: ["x"]'),
        ({"ref": "main"}, "Required input 'suite' not provided"),
        ({"ref": "nowhere", "inputs": {"suite": "s"}}, "No ref found for: nowhere"),
    ],
)
def test_a_dispatch_is_checked(shop: Shop, nightly: str, body: dict[str, object], message: str) -> None:
    answer = shop.bot.post(nightly, body)
    assert (answer.status, answer.message) == (422, message)


def test_a_workflow_that_is_not_for_dispatch_is_not_dispatched(shop: Shop, nightly: str) -> None:
    answer = shop.bot.post(nightly.replace("nightly", "ci"), {"ref": "main"})
    assert answer.message == "Workflow does not have 'workflow_dispatch' trigger"
    assert shop.bot.post(nightly.replace("nightly", "nothing"), {"ref": "main"}).status == 404


def test_a_dispatch_needs_actions_write(shop: Shop, nightly: str) -> None:
    answer = shop.with_permissions(actions="read").post(nightly, {"ref": "main", "inputs": {"suite": "s"}})
    assert answer.status == 403
