import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_runtime.agent.manifest import Manifest, load_manifest
from agent_runtime.errors import InvalidInput
from agent_runtime.guard.gate import decide
from agent_runtime.records import Outcome, ToolCall
from agent_runtime.tools import open_tools

DOCUMENT = """
openapi: 3.1.0
servers: [{ url: "SERVER" }]
paths:
  /orders/{order}/refunds:
    post:
      operationId: createRefund
      summary: Refund an order.
      parameters: [{ name: order, in: path, schema: { type: string } }]
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, properties: { amount: { type: number } } } } }
      responses:
        200: { description: done }
"""


def project(folder: Path, server: str, *, allow: str = "create", operation: str = "createRefund") -> Manifest:
    """A project whose only tool is the operation."""
    (folder / "openapi.yaml").write_text(DOCUMENT.replace("SERVER", server))
    (folder / "policy.yaml").write_text(f'policy: {{ domains_allowlist: ["{server}"] }}')
    (folder / "agent.yaml").write_text(
        "agent:\n  name: a\n  model: openai:gpt-4.1-mini\n  tools:\n    - name: refund\n"
        f"      allow: [{allow}]\n      idempotency: key\n      implementation:\n        openapi:\n"
        f"          {{ spec: openapi.yaml, operation: {operation}, headers: {{ X-Key: '${{KEY}}' }} }}\n"
    )
    return load_manifest(folder / "agent.yaml")


def problems(folder: Path, **parts: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        project(folder, "https://api.example.com", **parts)
    return str(caught.value)


def test_one_call_is_the_request_that_the_document_describes(tmp_path: Path) -> None:
    seen: list[object] = []

    async def note(request: web.Request) -> web.Response:
        sent = {name: request.headers.get(name) for name in ("X-Key", "Idempotency-Key")}
        seen.append((request.method, request.path, await request.json(), sent))
        return web.json_response({"status": "ok"})

    async def run() -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", note)
        async with TestServer(app, host="127.0.0.1") as server:
            manifest = project(tmp_path, f"http://127.0.0.1:{server.port}")
            tool = open_tools(manifest, {"KEY": "s3cret"}, evals=False)["refund"]
            result = await tool.call({"order": "7", "amount": 5}, idempotency_key="k")
            await tool.aclose()
            return result.text

    assert json.loads(asyncio.run(run())) == {"status": "ok"}
    assert seen == [("POST", "/orders/7/refunds", {"amount": 5}, {"X-Key": "s3cret", "Idempotency-Key": "k"})]


def test_arguments_and_description_come_from_the_document_and_bind_the_gate(tmp_path: Path) -> None:
    manifest = project(tmp_path, "https://api.example.com")
    assert manifest.spec.tools[0].description == "Refund an order."
    assert decide(manifest, ToolCall("c", "refund", '{"order": "7"}')).outcome is Outcome.ALLOW
    assert decide(manifest, ToolCall("c", "refund", '{"order": "7", "to": "me"}')).rule == "invalid_arguments"


def test_the_document_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    before = project(tmp_path, "https://api.example.com").fingerprint
    (tmp_path / "openapi.yaml").write_text((tmp_path / "openapi.yaml").read_text() + "# a comment\n")
    assert load_manifest(tmp_path / "agent.yaml").fingerprint != before


def test_the_method_must_be_among_the_allowed_verbs(tmp_path: Path) -> None:
    said = problems(tmp_path, allow="read")
    assert "agent.yaml:8: 'refund' makes a POST request, which means 'create', but may not" in said


def test_an_unknown_operation_names_the_document_and_the_nearest(tmp_path: Path) -> None:
    said = problems(tmp_path, operation="createRefnd")
    assert "openapi.yaml: operation 'createRefnd' of tool 'refund'" in said
    assert "did you mean 'createRefund'?" in said


def test_a_server_that_is_not_allowed_is_refused_before_any_run(tmp_path: Path) -> None:
    manifest = project(tmp_path, "https://api.example.com")
    (tmp_path / "policy.yaml").write_text("policy: {}")
    manifest = load_manifest(tmp_path / "agent.yaml")
    with pytest.raises(InvalidInput, match="not in domains_allowlist"):
        open_tools(manifest, {"KEY": "k"}, evals=False)
