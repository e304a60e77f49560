"""Repeat a model call that may succeed later: our retries, and nobody else's."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from agent_runtime.models.interface import Model, ModelError, ModelReply, ModelRequest
from agent_runtime.retry import Backoff

BACKOFF = Backoff(first_seconds=0.5, longest_seconds=8.0)
"""Short: a person or a run waits for the answer, and `timeout_seconds` bounds the whole."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply and what it took to get it.

    Attributes:
        retry_count: failed calls before it.
        waited_ms: what those calls and the pauses after them took; `reply.latency_ms` comes on top.
    """

    reply: ModelReply
    retry_count: int
    waited_ms: float


async def complete_with_retries(
    model: Model,
    request: ModelRequest,
    *,
    retries: int = 2,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Completion:
    """The model's reply, after at most `retries` repeats and never past `request.timeout_seconds`.

    A pause is what the provider asked for, plus full-jitter exponential backoff; one that would leave
    no time for another call is not begun. With a model of virtual time pauses are counted, not waited.

    Raises:
        ModelError: the last one, with the retry count and the latency of everything.
    """
    start = clock()
    virtual_ms = 0.0
    for retry in range(retries + 1):
        spent_ms = virtual_ms if model.virtual_time else (clock() - start) * 1000
        left = request.timeout_seconds - spent_ms / 1000
        # The attempt is a part of the request, so that a simulated failure is drawn anew for each.
        attempt = replace(request, attempt=request.attempt + retry, timeout_seconds=left)
        try:
            return Completion(await model.complete(attempt), retry, spent_ms)
        except ModelError as error:
            failed_ms = virtual_ms + error.latency_ms if model.virtual_time else (clock() - start) * 1000
            pause = _pause_seconds(error, attempt)
            # Against the whole time, pause included: a call that has no time left would only be cut off.
            if retry == retries or not error.retryable or failed_ms / 1000 + pause >= request.timeout_seconds:
                raise _exhausted(error, retry, failed_ms) from error
        virtual_ms = failed_ms + pause * 1000
        if not model.virtual_time:
            await sleep(pause)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _pause_seconds(error: ModelError, attempt: ModelRequest) -> float:
    """Drawn from the request, so that a run replays alike."""
    digest = hashlib.sha256(f"{attempt.seed}:{attempt.attempt}:{len(attempt.messages)}".encode()).digest()
    dice = random.Random(int.from_bytes(digest[:8]))  # noqa: S311 - spreads load, hides nothing
    return BACKOFF.full_jitter(attempt.attempt + 1, error.retry_after or 0.0, dice.random())


def _exhausted(error: ModelError, retry_count: int, latency_ms: float) -> ModelError:
    return ModelError(
        str(error),
        retryable=error.retryable,
        retry_after=error.retry_after,
        latency_ms=latency_ms,
        kind=error.kind,
        retry_count=retry_count,
    )
