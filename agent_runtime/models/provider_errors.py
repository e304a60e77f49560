"""What a provider's refusal means: which ModelError it is, said without any secret in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from agent_runtime.models.interface import ModelError
from agent_runtime.retry import retry_after

LONGEST_MESSAGE = 300
"""Characters: the first sentences say what is wrong. Chosen."""
# What keys look like that are not ours to replace by value: some providers quote a part of one, with stars.
_KEY = re.compile(r"\b(?:sk|pk|rk|gsk|xai|key|AIza)[-_]?[A-Za-z0-9_*\-]{6,}")
_RETRYABLE = {408, 409, 425, 429}
"""What OpenAI's own client tries again (https://github.com/openai/openai-python#retries), and 425 Too Early
(https://www.rfc-editor.org/rfc/rfc8470#section-5.2)."""


def now() -> datetime:
    """The wall clock, which HTTP dates are measured against."""
    return datetime.now(UTC)


def error_of_status(
    status: int,
    message: str,
    headers: Mapping[str, str],
    *,
    latency_ms: float,
    secret: str | None,
    clock: Callable[[], datetime] = now,
) -> ModelError:
    """The error a status means. `message` is the provider's own message, hostile and perhaps quoting the key.

    429 is rate_limited, unless the account's quota is used up: then no waiting helps. 408, 409, 425 and
    5xx may pass; everything else is rejected.
    """
    # https://platform.openai.com/docs/guides/error-codes
    out_of_quota = status == 429 and "insufficient_quota" in message
    retryable = (status in _RETRYABLE or status >= 500) and not out_of_quota
    kind = "rate_limited" if status == 429 else "timeout" if status == 408 else "unavailable"
    return ModelError(
        f"the provider answered {status}: {short_and_keyless(message, secret) or 'nothing more'}",
        retryable=retryable,
        retry_after=retry_after(headers, clock().timestamp()) if retryable else None,
        latency_ms=latency_ms,
        kind=kind if retryable else "rejected",
    )


def status_in(error: Any) -> int:
    """The status an `error` object inside a 200 stands for; 502 if it does not say."""
    code = error.get("code") if isinstance(error, Mapping) else None
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code)
    if type(code) is int and 400 <= code <= 599:
        return code
    named = f"{code} {error.get('type')}" if isinstance(error, Mapping) else ""
    # An error that names no status is the gateway's word about the model behind it: 502 may pass.
    return 429 if "rate_limit" in named else 400 if "invalid_request" in named else 502


def message_of(data: Any) -> str:
    """The provider's message in an error body: `error.message` with its code, `error`, `message` or `detail`."""
    if not isinstance(data, Mapping):
        return ""
    error = data.get("error", data)
    if not isinstance(error, Mapping):
        return str(error)
    message = error.get("message") or error.get("detail") or ""
    code = error.get("code")
    return f"{message} ({code})" if isinstance(code, str) and code else str(message)


def short_and_keyless(text: str, secret: str | None) -> str:
    """The text on one line, short, printable, and with no key in it."""
    if secret:
        text = text.replace(secret, "[api_key]")
    # Cut twice: first what need not be searched, last what is shown. A key at the cut is gone already.
    text = _KEY.sub("[api_key]", text[: 10 * LONGEST_MESSAGE])
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"
