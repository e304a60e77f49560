"""Every provider that is not OpenAI-compatible, through litellm: imported only here, only when asked for.

litellm makes its own connections, so the runtime's egress check does not see them: they go to the
declared provider.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agent_runtime.errors import MissingExtra
from agent_runtime.models.chat_completions import NotACompletion, messages_of, names_of, reply_of, tools_of
from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest
from agent_runtime.models.provider_errors import error_of_status, short_and_keyless
from agent_runtime.records import Usage

Completion = Callable[..., Awaitable[Any]]

# Read while it is imported: https://github.com/BerriAI/litellm/blob/main/litellm/__init__.py
_QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it downloads its price map while being imported
    "LITELLM_MODE": "PRODUCTION",  # else it reads a .env file from the working folder
}


def open_litellm(provider: str, api_key: str | None) -> LitellmModel:
    """The provider's models, with litellm's telemetry, price download, .env reading and chatter off.

    Raises:
        MissingExtra: litellm is not installed.
    """
    if importlib.util.find_spec("litellm") is None:
        raise MissingExtra(f"a model of '{provider}'", "litellm")
    # Before the import, and for good: litellm reads them once.
    os.environ.update(_QUIET)
    litellm: Any = importlib.import_module("litellm")
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return LitellmModel(litellm.acompletion, provider, api_key)


class LitellmModel:
    """One provider's models.

    Args:
        completion: litellm's `acompletion`.
        api_key: None leaves finding credentials to litellm (clouds have their own ways).
    """

    virtual_time = False

    def __init__(self, completion: Completion, provider: str, api_key: str | None) -> None:
        self._completion = completion
        self._provider = provider
        self._api_key = api_key

    def __repr__(self) -> str:
        return f"LitellmModel({self._provider!r})"

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Ask once.

        Raises:
            ModelError
        """
        names = names_of(request)
        payload = {
            "messages": messages_of(request.messages, names),
            "tools": tools_of(request.tools, names) or None,
        }
        start = time.perf_counter()
        answer = await self._ask(request, payload, start)
        latency_ms = _ms_since(start)
        bound = Usage(len(json.dumps(payload)), request.max_output_tokens)
        try:
            return reply_of(answer, names, latency_ms=latency_ms, upper_bound=bound)
        except NotACompletion as error:
            raise ModelError(
                f"the provider's answer is no completion: {error}", latency_ms=latency_ms
            ) from None

    async def aclose(self) -> None:
        """Nothing to do: litellm shares its connections and closes them when the process ends."""

    async def _ask(self, request: ModelRequest, payload: Mapping[str, Any], start: float) -> Any:
        try:
            async with asyncio.timeout(request.timeout_seconds):
                answer = await self._completion(
                    model=f"{self._provider}/{request.model}",
                    temperature=request.temperature,
                    max_tokens=request.max_output_tokens,
                    seed=request.seed % 2**31,
                    timeout=request.timeout_seconds,
                    api_key=self._api_key,
                    _skip_mcp_handler=True,  # else tools make litellm import its own extra `mcp`
                    drop_params=True,  # a provider without `seed` is no reason to fail
                    num_retries=0,
                    max_retries=0,
                    **payload,
                )
        except TimeoutError:
            raise ModelError(
                f"the provider gave no answer within {request.timeout_seconds:g} s",
                kind="timeout",
                latency_ms=_ms_since(start),
            ) from None
        except Exception as error:  # noqa: BLE001 - litellm raises its own, openai's and httpx's errors
            raise _error_of(error, _ms_since(start), self._api_key) from None
        return answer.model_dump()


def _error_of(error: Exception, latency_ms: float, secret: str | None) -> ModelError:
    status = getattr(error, "status_code", None)
    # Some of litellm's messages carry the traceback of what it caught.
    message = str(getattr(error, "message", None) or error).partition("Traceback (most recent")[0]
    if type(status) is int:
        return error_of_status(status, message, _headers_of(error), latency_ms=latency_ms, secret=secret)
    reason = f"litellm could not make the call: {type(error).__name__}: {short_and_keyless(message, secret)}"
    return ModelError(reason, retryable=False, kind="rejected", latency_ms=latency_ms)


def _headers_of(error: Exception) -> Mapping[str, str]:
    """The provider's headers, which litellm keeps apart from the response it makes up."""
    kept = getattr(error, "litellm_response_headers", None)
    made_up = getattr(getattr(error, "response", None), "headers", None)
    return {str(name).lower(): str(value) for name, value in {**(made_up or {}), **(kept or {})}.items()}


def _ms_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
