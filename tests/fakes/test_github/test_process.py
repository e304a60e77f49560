"""The fake as a process of its own, and its methods over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.fakes.github import Client
from tests.fakes.github.process import start
from tests.fakes.test_github.shop import PATH, SHOP, Shop

STATE = [
    ["add_repo", {"full_name": SHOP, "files": {"agent.yaml": "model: a\n"}}],
    ["add_pull", {"full_name": SHOP, "head": "better"}],
    ["token", {"kind": "actions", "permissions": {"issues": "write"}}],
]


def test_it_starts_from_a_state_file_and_ends_with_its_input(tmp_path: Path) -> None:
    state, log = tmp_path / "state.json", tmp_path / "log.jsonl"
    state.write_text(json.dumps(STATE))
    with start("--state", str(state), "--log", str(log)) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        number, token = said["answers"][1:]
        bot = Client(said["url"], token)
        assert bot.post(f"{PATH}/issues/{number}/comments", {"body": "hi"}).status == 201
        process.communicate(timeout=10)
    assert process.returncode == 0
    assert json.loads(log.read_text())["status"] == 201


def _control(shop: Shop, method: str, **arguments: Any) -> Any:
    return shop.fake.client().post(f"/_fake/{method}", arguments).body


def test_its_methods_answer_over_http(shop: Shop) -> None:
    sha = _control(shop, "push", full_name=SHOP, branch="better", files={"x": "y"})
    assert shop.fake.pull(SHOP, 1).head_sha == sha
    _control(shop, "fail", at=1, status=502)
    assert shop.bot.get(PATH).status == 502
    assert [entry["status"] for entry in shop.fake.client().get("/_fake/log").body] == [502]


def test_only_methods_that_are_meant_for_it_answer(shop: Shop) -> None:
    assert shop.fake.client().post("/_fake/close", {}).status == 404
    wrong = shop.fake.client().post("/_fake/push", {"full_name": "no/where", "branch": "x", "files": {}})
    assert wrong.status == 400
