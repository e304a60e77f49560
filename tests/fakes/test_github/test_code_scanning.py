"""SARIF uploads."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from tests.fakes.github import Answer
from tests.fakes.test_github.shop import PATH, SHOP, Shop


def _place(uri: str = "agent.yaml", line: int = 1) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}


def _sarif(**result: Any) -> dict[str, Any]:
    one = {"ruleId": "r1", "level": "error", "message": {"text": "m"}, "locations": [_place()], **result}
    driver = {"name": "guardian", "rules": [{"id": "r1"}]}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": [one]}]}


def _packed(document: Any) -> str:
    return base64.b64encode(gzip.compress(json.dumps(document).encode(), mtime=0)).decode()


def _upload(shop: Shop, sarif: str, **fields: str) -> Answer:
    given = {"commit_sha": shop.head, "ref": "refs/heads/better", "sarif": sarif, **fields}
    return shop.bot.post(f"{PATH}/code-scanning/sarifs", given)


def test_a_sarif_file_is_taken_and_processed(shop: Shop) -> None:
    made = _upload(shop, _packed(_sarif()))
    assert made.status == 202
    state = shop.bot.get(f"{PATH}/code-scanning/sarifs/{made.body['id']}").body
    assert state["processing_status"] == "complete"
    assert shop.fake.sarifs(SHOP)[0].document == _sarif()


@pytest.mark.parametrize("sarif", ["not base64!", base64.b64encode(b"{}").decode(), _packed(_sarif())[:40]])
def test_what_is_not_gzip_in_base64_is_a_400(shop: Shop, sarif: str) -> None:
    assert _upload(shop, sarif).status == 400


@pytest.mark.parametrize(
    "fields",
    [{"commit_sha": "1" * 40}, {"commit_sha": "abc"}, {"ref": "better"}],
)
def test_commit_and_ref_are_checked(shop: Shop, fields: dict[str, str]) -> None:
    assert _upload(shop, _packed(_sarif()), **fields).status == 422


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"ruleId": "r2"}, "'r2' is not among the rules"),
        ({"level": "fatal"}, "level is not one of"),
        ({"message": {}}, "message.text is missing"),
        ({"locations": []}, "no result without a location"),
        ({"locations": [_place("/abs")]}, "not relative"),
        ({"locations": [_place(line=0)]}, "startLine"),
    ],
)
def test_results_that_github_would_not_show_fail(shop: Shop, result: dict[str, Any], says: str) -> None:
    made = _upload(shop, _packed(_sarif(**result)))
    state = shop.bot.get(f"{PATH}/code-scanning/sarifs/{made.body['id']}").body
    assert state["processing_status"] == "failed"
    assert says in state["errors"][0]


def test_an_upload_needs_security_events_write(shop: Shop) -> None:
    body = {"commit_sha": shop.head, "ref": "refs/heads/better", "sarif": _packed(_sarif())}
    assert shop.with_permissions(contents="write").post(f"{PATH}/code-scanning/sarifs", body).status == 403


def test_a_repository_without_code_scanning_says_so(shop: Shop) -> None:
    shop.fake.repo(SHOP).code_scanning = False
    answer = _upload(shop, _packed(_sarif()))
    assert (answer.status, answer.message[:17]) == (403, "Advanced Security")
