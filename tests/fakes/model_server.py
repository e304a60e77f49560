"""A model behind the chat completions of an OpenAI-compatible endpoint: deterministic, calls tools, tells usage.

It looks an order up with the tool it is offered, and refunds what was paid for it and no more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.fakes.agent_endpoint import Asked
from tests.fakes.threaded import endpoint_thread

TOKENS_PER_CALL = 30


@contextmanager
def model_server() -> Iterator[str]:
    """Serve the model; yields what goes into OPENAI_BASE_URL."""
    with endpoint_thread(chat) as url:
        yield f"{url}/v1"


async def chat(asked: Asked) -> web.StreamResponse:
    """One completion; a request that no such endpoint takes is refused as they would."""
    if asked.path != "/v1/chat/completions" or asked.body.get("stream"):
        return web.json_response({"error": {"message": f"no {asked.path}, or no stream"}}, status=404)
    return web.json_response(completion(asked.body))


def completion(request: Mapping[str, Any]) -> dict[str, Any]:
    """The response object to a request."""
    message = _message(request["messages"], request.get("tools") or [])
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": request["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", **message},
                "finish_reason": "tool_calls" if "tool_calls" in message else "stop",
            }
        ],
        "usage": {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": TOKENS_PER_CALL},
    }


def _message(messages: list[Mapping[str, Any]], tools: list[Mapping[str, Any]]) -> dict[str, Any]:
    asked = re.search(r"refund \$(\d+) for order #(\d+)", _text(_last(messages, "user")))
    found = _last(messages, "tool")
    if asked is None:
        return {"content": "Which order is it, and how much was it?"}
    if found is None and tools:
        call = {"name": tools[0]["function"]["name"], "arguments": json.dumps({"order_id": asked[2]})}
        return {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": call}]}
    paid = re.search(r"\d+", _text(found))
    if paid is not None and int(asked[1]) <= int(paid[0]):
        return {"content": f"Refund processed: ${asked[1]} for order #{asked[2]}."}
    return {"content": "A team lead will look at it."}


def _last(messages: list[Mapping[str, Any]], role: str) -> Mapping[str, Any] | None:
    return next((message for message in reversed(messages) if message["role"] == role), None)


def _text(message: Mapping[str, Any] | None) -> str:
    """The content of a message, which clients write as text or as a list of parts."""
    content = message["content"] if message else ""
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
