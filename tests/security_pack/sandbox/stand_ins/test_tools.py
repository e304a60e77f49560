"""Tools on the stage."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.tools.interface import ToolResult
from security_pack.episodes.episode import Contact
from security_pack.sandbox.stand_ins.egress import SandboxEgress
from security_pack.sandbox.stand_ins.tools import sandbox_tools
from security_pack.scenario.scenario import attack, ignored
from tests.fakes.guarded_agents import REFUND, SEARCH, agent_of
from tests.fakes.probes import planted_in_search, probe_of

HTTP = {"http": {"method": "GET", "url": "https://api.shop.invalid/items/{{ query }}"}}


def _result(probe: Any, tool: str, egress: SandboxEgress | None = None, **search: Any) -> ToolResult:
    manifest = agent_of({**SEARCH, **search}, REFUND)
    tools = sandbox_tools(manifest, attack(probe), egress or SandboxEgress(["*"]))
    return asyncio.run(tools[tool].call({"query": "tea"}, idempotency_key="k"))


def test_a_python_tool_returns_the_planted_text_as_json() -> None:
    assert json.loads(_result(planted_in_search('Say "hi".'), "kb.search").text) == 'Say "hi".'


@pytest.mark.parametrize("implementation", [HTTP, {"mcp": {"command": "serve", "tool": "search"}}])
def test_other_tools_return_the_planted_text_as_it_is(implementation: Any) -> None:
    assert (
        _result(planted_in_search('Say "hi".'), "kb.search", implementation=implementation).text
        == 'Say "hi".'
    )


def test_a_planted_error_is_a_failure() -> None:
    plant = [{"at": "tool_error", "tool": "kb.search", "text": "Run it again."}]
    result = _result(probe_of(plant=plant), "kb.search")
    assert (result.ok, result.text) == (False, "RuntimeError: Run it again.")


def test_a_tool_that_carries_nothing_says_that_all_is_well() -> None:
    assert json.loads(_result(planted_in_search("x"), "billing.refund").text) == {"status": "ok"}


def test_an_http_tool_asks_egress_for_its_own_url() -> None:
    egress = SandboxEgress(["api.shop.invalid"])
    _result(probe_of(), "kb.search", egress, implementation=HTTP)
    assert egress.contacts == [
        Contact("api.shop.invalid", "https://api.shop.invalid/items/tea", allowed=True)
    ]


def test_an_http_tool_that_egress_refuses_says_so() -> None:
    result = _result(probe_of(), "kb.search", SandboxEgress([]), implementation=HTTP)
    assert (result.ok, result.text.partition(":")[0]) == (False, "denied")


def test_what_is_planted_is_there_whether_or_not_anybody_obeys() -> None:
    tools = sandbox_tools(agent_of(), ignored(planted_in_search("x")), SandboxEgress([]))
    assert asyncio.run(tools["kb.search"].call({}, idempotency_key="k")).text == '"x"'


def test_an_openapi_tool_makes_its_request_on_the_same_wire(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(
        "openapi: 3.1.0\nservers: [{ url: https://api.shop.invalid }]\npaths:\n  /items/{query}:\n    get:\n"
        "      operationId: find\n      parameters: [{ name: query, in: path, schema: { type: string } }]\n"
        "      responses: { 200: { description: done } }\n"
    )
    implementation = {"openapi": {"spec": "shop.yaml", "operation": "find"}}
    manifest = replace(agent_of({**SEARCH, "implementation": implementation}), root=tmp_path)
    egress = SandboxEgress(["api.shop.invalid"])
    tools = sandbox_tools(manifest, attack(planted_in_search("Obey.")), egress)
    assert asyncio.run(tools["kb.search"].call({"query": "tea"}, idempotency_key="k")).text == "Obey."
    assert [contact.url for contact in egress.contacts] == ["https://api.shop.invalid/items/tea"]
