"""How long to wait before GitHub is asked again, and when to give up.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent_runtime.retry import Backoff, retry_after

_BROKEN = {500, 502, 503, 504}
_LIMITED = {403, 429}


@dataclass(frozen=True, slots=True)
class Patience:
    """Bounds of waiting, in seconds.

    Attributes:
        tries: how often a call is made at most.
        first_wait: after the first answer that blames the server; it doubles from then on.
        longest_wait: a limit that asks for more is not waited for.
    """

    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 90.0
    minute: float = 60.0
    """What GitHub asks for where it names no time."""

    def wait(
        self, tried: int, status: int | None, headers: Mapping[str, str], said: str, now: float
    ) -> float | None:
        """Seconds to wait after the `tried`-th answer (from 1); None to give up.

        Args:
            status: None if no answer came.
            headers: of the answer, their names in lower case.
            said: the answer's message.
            now: seconds since 1970.
        """
        if tried >= self.tries:
            return None
        if status is None or status in _BROKEN:
            return Backoff(self.first_wait, self.longest_wait).grown(tried)
        if not is_rate_limit(status, headers, said):
            return None
        asked = self._asked(headers, now)
        return asked if asked <= self.longest_wait else None

    def _asked(self, headers: Mapping[str, str], now: float) -> float:
        if (seconds := retry_after(headers, now)) is not None:
            return seconds
        reset = _number(headers.get("x-ratelimit-reset"))
        if headers.get("x-ratelimit-remaining") == "0" and reset is not None:
            return max(reset - now, 0.0) + 1.0
        return self.minute


def is_rate_limit(status: int | None, headers: Mapping[str, str], said: str) -> bool:
    """Whether the answer means "later" rather than "never": 403 says both."""
    if status not in _LIMITED:
        return False
    return (
        status == 429
        or "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in said.lower()
        or "abuse" in said.lower()
    )


def _number(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None
