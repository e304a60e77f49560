"""Any OpenAI-compatible endpoint, spoken to directly: one POST per call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agent_runtime.files.documents import strict_json
from agent_runtime.models.chat_completions import (
    NotACompletion,
    WireNames,
    messages_of,
    names_of,
    reply_of,
    tools_of,
)
from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest
from agent_runtime.models.provider_errors import error_of_status, message_of, status_in
from agent_runtime.records import Usage
from agent_runtime.wire import NotAnswered, Response, Wire

_OFFICIAL_ORIGIN = "https://api.openai.com"
OPENAI = f"{_OFFICIAL_ORIGIN}/v1"
# Models that refuse a temperature: https://platform.openai.com/docs/guides/reasoning
_REASONING = re.compile(r"(o\d|gpt-5)(?!.*chat)")
# Of proxies and gateways that answer from a cache, where neither speed nor cost says anything of the model:
# https://developers.cloudflare.com/ai-gateway/features/caching/
# https://docs.helicone.ai/features/advanced-usage/caching
# https://portkey.ai/docs/product/ai-gateway/cache-simple-and-semantic
_CACHE_HEADERS = ("x-cache", "cf-aig-cache-status", "helicone-cache", "x-portkey-cache-status")


class OpenAIHttp:
    """The model behind `{base_url}/chat/completions`.

    Args:
        wire: allows the base URL's own origin and nothing else.
        api_key: None sends no Authorization header.
    """

    virtual_time = False

    def __init__(self, wire: Wire, base_url: str, api_key: str | None) -> None:
        self._wire = wire
        self._base_url = base_url.rstrip("/")
        self._official = f"{self._base_url}/".startswith(f"{_OFFICIAL_ORIGIN}/")
        self._api_key = api_key

    def __repr__(self) -> str:
        return f"OpenAIHttp({self._base_url!r})"

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Ask once.

        Raises:
            ModelError
        """
        names = names_of(request)
        payload = payload_of(request, names, official=self._official)
        body = json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()
        response = await self._send(body, request.timeout_seconds)
        data = _json_of(response, self._api_key)
        # No token is shorter than a byte: neither the request nor the answer can have had more.
        bound = Usage(len(body), min(len(response.body), request.max_output_tokens))
        try:
            return reply_of(
                data,
                names,
                latency_ms=response.latency_ms,
                upper_bound=bound,
                cached=_cached(response.headers),
            )
        except NotACompletion as error:
            raise ModelError(
                f"the provider's answer is no completion: {error}", latency_ms=response.latency_ms
            ) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _send(self, body: bytes, timeout_seconds: float) -> Response:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._api_key is not None:
            headers["Authorization"] = f"Bearer {self._api_key}"
        try:
            return await self._wire.send(
                "POST",
                f"{self._base_url}/chat/completions",
                headers=headers,
                body=body,
                timeout_seconds=timeout_seconds,
            )
        except NotAnswered as error:
            raise _unanswered(error) from None


def payload_of(request: ModelRequest, names: WireNames, *, official: bool) -> dict[str, Any]:
    """The request's body.

    api.openai.com wants `max_completion_tokens`, and its reasoning models accept no temperature but their
    own; most compatible endpoints know only `max_tokens`. Hence `official`.
    """
    limit = "max_completion_tokens" if official else "max_tokens"
    payload: dict[str, Any] = {
        "model": request.model,
        "messages": messages_of(request.messages, names),
        limit: request.max_output_tokens,
        # Our seeds have 63 bits; 31 of them fit the integer of any server.
        "seed": request.seed % 2**31,
    }
    if not (official and _REASONING.match(request.model)):
        payload["temperature"] = request.temperature
    if request.tools:
        payload["tools"] = tools_of(request.tools, names)
    return payload


def _unanswered(error: NotAnswered) -> ModelError:
    refused = error.kind == "refused"
    kind = "rejected" if refused else "timeout" if error.kind == "timeout" else "unavailable"
    return ModelError(
        f"the provider gave no answer: {error}", retryable=not refused, latency_ms=error.latency_ms, kind=kind
    )


def _json_of(response: Response, secret: str | None) -> Any:
    """The body of a 200, or the error the response stands for."""
    try:
        data = strict_json(response.body)
    except ValueError:
        data = None
    if response.status != 200:
        message = message_of(data) or response.text(2000)
        raise error_of_status(
            response.status, message, response.headers, latency_ms=response.latency_ms, secret=secret
        )
    if not isinstance(data, Mapping):
        raise ModelError(
            "the provider's answer is not a JSON object (cut off, or a page for people?)",
            latency_ms=response.latency_ms,
        )
    if data.get("error"):
        raise error_of_status(
            status_in(data["error"]),
            message_of(data),
            response.headers,
            latency_ms=response.latency_ms,
            secret=secret,
        )
    return data


def _cached(headers: Mapping[str, str]) -> bool | None:
    """What a gateway says about its cache of answers. (A provider's prompt cache repeats no answer.)"""
    words = [headers[name].upper() for name in _CACHE_HEADERS if name in headers]
    return any(word.startswith("HIT") for word in words) if words else None
