import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_runtime.models.chat_completions import names_of
from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest, ToolOffer
from agent_runtime.models.openai_http import OpenAIHttp, payload_of
from agent_runtime.records import Message, ToolCall, Usage
from agent_runtime.wire import Wire

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OFFER = ToolOffer("kb.search", "Search.", {"type": "object", "properties": {"q": {"type": "string"}}})
REQUEST = ModelRequest(
    "small-1",
    (Message("user", "hi"),),
    (OFFER,),
    temperature=0.2,
    max_output_tokens=64,
    seed=7,
    timeout_seconds=5,
)
COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "model": "small-1-2026",
    "system_fingerprint": "fp_1",
    "choices": [
        {
            "finish_reason": "tool_calls",
            "message": {
                "content": None,
                "tool_calls": [{"id": "c1", "function": {"name": "kb_search", "arguments": '{"q":"x"}'}}],
            },
        }
    ],
    "usage": {"prompt_tokens": 11, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}},
}


def ask(handler: Handler, request: ModelRequest = REQUEST, key: str | None = "s3cret-key") -> ModelReply:
    """The model's reply from a loopback endpoint that answers with `handler`."""

    async def run() -> ModelReply:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", handler)
        async with TestServer(app, host="127.0.0.1") as server:
            origin = f"http://127.0.0.1:{server.port}"
            model = OpenAIHttp(Wire([origin]), f"{origin}/v1/", key)
            try:
                return await model.complete(request)
            finally:
                await model.aclose()

    return asyncio.run(run())


def answering(body: Any, status: int = 200, **headers: str) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(text=text, status=status, headers=named)

    return handler


def error(handler: Handler, request: ModelRequest = REQUEST) -> ModelError:
    with pytest.raises(ModelError) as caught:
        ask(handler, request)
    return caught.value


def test_a_completion_becomes_a_reply() -> None:
    reply = ask(answering(COMPLETION))
    assert reply.tool_calls == (ToolCall("c1", "kb.search", '{"q":"x"}'),)
    assert reply.usage == Usage(11, 5)
    assert (reply.response_id, reply.model, reply.system_fingerprint) == (
        "chatcmpl-1",
        "small-1-2026",
        "fp_1",
    )
    assert (reply.finish_reason, reply.cached, reply.usage_estimated) == ("tool_calls", None, False)
    assert reply.latency_ms > 0


def test_the_request_is_in_the_openai_form() -> None:
    seen: dict[str, Any] = {}

    async def keep(request: web.Request) -> web.Response:
        seen.update(await request.json(), key=request.headers["Authorization"])
        return web.json_response(COMPLETION)

    ask(keep)
    assert seen["key"] == "Bearer s3cret-key"
    assert seen["messages"] == [{"role": "user", "content": "hi"}]
    assert seen["tools"][0]["function"]["name"] == "kb_search"
    assert (seen["model"], seen["temperature"], seen["max_tokens"], seen["seed"]) == ("small-1", 0.2, 64, 7)


def test_without_a_key_no_authorization_is_sent() -> None:
    async def check(request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        return web.json_response(COMPLETION)

    assert ask(check, key=None).tool_calls


@pytest.mark.parametrize(
    ("model", "sends_temperature"),
    [("gpt-4.1", True), ("o4-mini", False), ("gpt-5-mini", False), ("gpt-5-chat-latest", True)],
)
def test_openais_own_endpoint_gets_the_names_it_wants(model: str, sends_temperature: bool) -> None:
    request = ModelRequest(model, (Message("user", "hi"),))
    payload = payload_of(request, names_of(request), official=True)
    assert payload["max_completion_tokens"] == 1024
    assert "max_tokens" not in payload
    assert ("temperature" in payload) == sends_temperature


def test_missing_usage_is_an_upper_bound_by_bytes_and_says_so() -> None:
    body = json.dumps({"choices": [{"message": {"content": "x"}}]})
    reply = ask(answering(body))
    assert reply.usage_estimated
    assert reply.usage.output_tokens == len(body)
    assert reply.usage.input_tokens > 100


def test_what_a_gateway_says_about_its_cache_is_kept() -> None:
    assert ask(answering(COMPLETION, cf_aig_cache_status="HIT")).cached is True
    assert ask(answering(COMPLETION, x_cache="MISS from edge")).cached is False


def test_a_429_says_how_long_to_wait() -> None:
    got = error(answering({"error": {"message": "slow down"}}, 429, retry_after="3"))
    assert (got.kind, got.retryable, got.retry_after) == ("rate_limited", True, 3.0)
    assert "slow down" in str(got)


@pytest.mark.parametrize("status", [500, 503, 408])
def test_a_server_in_trouble_may_be_asked_again(status: int) -> None:
    assert error(answering("<html>oops</html>", status)).retryable


def test_a_wrong_key_is_told_without_showing_it() -> None:
    got = error(answering({"error": {"message": "Incorrect API key provided: s3cret-key"}}, 401))
    assert (got.kind, got.retryable) == ("rejected", False)
    assert "s3cret" not in str(got)
    assert "401: Incorrect API key provided: [api_key]" in str(got)


def test_an_error_inside_a_200_is_an_error() -> None:
    got = error(answering({"error": {"code": 429, "message": "busy"}}))
    assert (got.kind, got.retryable) == ("rate_limited", True)


@pytest.mark.parametrize("body", ["<html>hello</html>", '{"choices": [{"mess', "[]", "{}", '{"a": NaN}', ""])
def test_a_body_that_is_no_completion_is_unavailable(body: str) -> None:
    got = error(answering(body))
    assert (got.kind, got.retryable) == ("unavailable", True)


def test_a_redirect_is_rejected() -> None:
    got = error(answering("", 307, Location="http://127.0.0.1:1/"))
    assert (got.kind, got.retryable) == ("rejected", False)


def test_an_endpoint_that_hangs_is_a_timeout() -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    short = ModelRequest("m", (), timeout_seconds=0.05)
    got = error(hang, short)
    assert (got.kind, got.retryable) == ("timeout", True)
    assert got.latency_ms >= 50


def test_an_endpoint_that_dies_is_unavailable() -> None:
    async def die(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    got = error(die)
    assert (got.kind, got.retryable) == ("unavailable", True)


def test_an_origin_that_was_not_declared_is_never_asked() -> None:
    async def run() -> None:
        model = OpenAIHttp(Wire(["https://llm.example"]), "https://other.example/v1", "k")
        await model.complete(REQUEST)

    with pytest.raises(ModelError) as caught:
        asyncio.run(run())
    assert (caught.value.kind, caught.value.retryable) == ("rejected", False)


def test_its_repr_shows_no_key() -> None:
    assert "s3cret" not in repr(OpenAIHttp(Wire([]), "https://x/v1", "s3cret-key"))
