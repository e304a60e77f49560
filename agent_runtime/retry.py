"""How long to wait before something that failed is tried again (docs/decisions/0018-one-back-off.md).

Whether it may be tried at all, and how often, is decided by who asks: a model call, a run of a target, GitHub.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off: `first_seconds` after the first failure, doubling up to `longest_seconds`.

    `draw` is a number from 0 up to 1 that spreads callers who failed together; by seed, so that a run replays alike.
    """

    first_seconds: float
    longest_seconds: float

    def grown(self, tried: int) -> float:
        """Seconds after the `tried`-th failure (from 1), without jitter."""
        # 2 ** 1024 is no float any more; nobody gets near it, and an error here would hide theirs.
        return min(self.first_seconds * 2.0 ** min(tried - 1, 64), self.longest_seconds)

    def full_jitter(self, tried: int, asked: float, draw: float) -> float:
        """What was asked for, and anything from nothing up to the grown wait on top.

        The least work and the shortest wait among callers who share a limit:
        https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        """
        return asked + draw * self.grown(tried)

    def a_quarter_more(self, tried: int, asked: float, draw: float) -> float:
        """What was asked for or the grown wait, whichever is longer, and up to a quarter of it more."""
        return max(asked, self.grown(tried)) * (1 + draw / 4)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that an answer asks to wait; None if it does not say.

    Args:
        headers: their names in lower case. `retry-after-ms` is OpenAI's, and finer
            (https://github.com/openai/openai-python/blob/main/src/openai/_base_client.py).
        now: seconds since 1970, which a date is measured against.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return float(milliseconds) / 1000
    return asked_seconds(headers.get("retry-after", ""), now)


def asked_seconds(header: str, now: float) -> float | None:
    """Seconds in a Retry-After header: a number, with decimals too, or a date; None if it is neither.

    https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    """
    if _NUMBER.fullmatch(header.strip()):
        return float(header)
    from email.utils import parsedate_to_datetime  # 10 ms that only a date need cost

    try:
        moment = parsedate_to_datetime(header)
        # An HTTP date is in GMT; Python calls the ones that say -0000 naive.
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max(0.0, aware.timestamp() - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
