import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest, ToolOffer
from agent_runtime.models.litellm_model import LitellmModel
from agent_runtime.records import Message, ToolCall, Usage

REQUEST = ModelRequest(
    "claude-x", (Message("user", "hi"),), (ToolOffer("kb.search", "", {}),), seed=3, timeout_seconds=5
)


class Completed:
    """What litellm gives back: an object that can become a dict."""

    def __init__(self, message: Any) -> None:
        self.message = message

    def model_dump(self) -> dict[str, Any]:
        return {
            "id": "r1",
            "choices": [{"message": self.message, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 4, "completion_tokens": 2},
        }


class ProviderFailed(Exception):
    """As litellm's errors are: a message and a status."""

    litellm_response_headers: dict[str, str] | None = None

    def __init__(self, message: str, status_code: int | None, **headers: str) -> None:
        super().__init__(message)
        self.message = message
        if status_code is not None:
            self.status_code = status_code
        self.response = type(
            "Response", (), {"headers": {k.replace("_", "-"): v for k, v in headers.items()}}
        )


def ask(outcome: Any, seen: dict[str, Any] | None = None, request: ModelRequest = REQUEST) -> ModelReply:
    async def completion(**asked: Any) -> Any:
        if seen is not None:
            seen.update(asked)
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is None:
            await asyncio.sleep(30)
        return Completed(outcome)

    return asyncio.run(LitellmModel(completion, "anthropic", "s3cret-key").complete(request))


def error(outcome: Any, request: ModelRequest = REQUEST) -> ModelError:
    with pytest.raises(ModelError) as caught:
        ask(outcome, request=request)
    return caught.value


def test_a_completion_becomes_a_reply_with_our_tool_names() -> None:
    call = {"id": "c1", "function": {"name": "kb_search", "arguments": "{}"}}
    reply = ask({"content": None, "tool_calls": [call]})
    assert reply.tool_calls == (ToolCall("c1", "kb.search", "{}"),)
    assert (reply.usage, reply.response_id) == (Usage(4, 2), "r1")


def test_litellm_is_told_its_own_name_for_the_model_and_not_to_retry() -> None:
    seen: dict[str, Any] = {}
    ask({"content": "hi"}, seen)
    assert (seen["model"], seen["num_retries"], seen["max_retries"]) == ("anthropic/claude-x", 0, 0)
    assert (seen["api_key"], seen["seed"], seen["max_tokens"]) == ("s3cret-key", 3, 1024)


def test_a_rate_limit_keeps_what_the_provider_asked_for() -> None:
    got = error(ProviderFailed("slow down", 429, Retry_After="4"))
    assert (got.kind, got.retryable, got.retry_after) == ("rate_limited", True, 4.0)


def test_headers_that_litellm_keeps_apart_are_read_too() -> None:
    failure = ProviderFailed("slow down", 429)
    failure.litellm_response_headers = {"Retry-After": "6"}
    assert error(failure).retry_after == 6.0


def test_a_rejection_never_shows_the_key() -> None:
    got = error(ProviderFailed("bad key s3cret-key", 401))
    assert (got.kind, got.retryable) == ("rejected", False)
    assert "s3cret" not in str(got)


def test_an_error_without_a_status_is_not_repeated() -> None:
    got = error(ProviderFailed("boto3 is missing", None))
    assert (got.kind, got.retryable) == ("rejected", False)
    assert "boto3 is missing" in str(got)


def test_a_traceback_in_its_message_is_not_passed_on() -> None:
    got = error(ProviderFailed("lost\nTraceback (most recent call last):\n  File ...", 500))
    assert str(got) == "the provider answered 500: lost"


def test_a_provider_that_hangs_is_a_timeout() -> None:
    got = error(None, ModelRequest("m", (), timeout_seconds=0.05))
    assert (got.kind, got.retryable) == ("timeout", True)


def test_an_answer_without_a_message_is_unavailable() -> None:
    assert error("no message").kind == "unavailable"


def test_litellm_is_opened_quiet(tmp_path: Path) -> None:
    (tmp_path / "litellm.py").write_text(
        "import os\n"
        "assert os.environ['LITELLM_LOCAL_MODEL_COST_MAP'] == 'True'\n"
        "assert os.environ['LITELLM_MODE'] == 'PRODUCTION'\n"
        "telemetry = True\n"
        "async def acompletion(**asked): pass\n",
        encoding="utf-8",
    )
    script = (
        "from agent_runtime.models.litellm_model import open_litellm\n"
        "print(open_litellm('mistral', 's3cret'))\n"
        "import litellm; print(litellm.telemetry)"
    )
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "LITELLM_MODE": "DEV"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=True
    )
    assert done.stdout.split() == ["LitellmModel('mistral')", "False"]
