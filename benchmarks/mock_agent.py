"""An agent that costs next to nothing: a fixed latency, deterministic answers, faults on request.

    python benchmarks/mock_agent.py PORT

POST …/run with "case <n>" in the body is answered after the latency. `POST /__reset?latency=0.2&fail=0.1&e429=0.05`
sets latency (seconds) and the shares of wrong answers and of refusals, and zeroes the counters that
`GET /__stats` shows. Which calls go wrong depends on the case and on how often it was asked, not on timing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.workload import LATENCY, answer

_CASE = re.compile(rb"case (\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
REASONS = {200: "OK", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True, slots=True)
class Manners:
    """How the agent behaves: seconds for a reply, share of wrong answers, share of refusals."""

    latency: float = LATENCY
    fail: float = 0.0
    e429: float = 0.0


@dataclass(slots=True)
class Stats:
    """What the agent was asked; `first` call and `last` answer in seconds since the epoch."""

    count: int = 0
    n429: int = 0
    first: float | None = None
    last: float | None = None


@dataclass(slots=True)
class MockAgent:
    """The state behind all connections."""

    manners: Manners = field(default_factory=Manners)
    stats: Stats = field(default_factory=Stats)
    asked: Counter[int] = field(default_factory=Counter)

    def reset(self, query: str) -> None:
        """Forget everything and behave as `query` says."""
        self.manners = Manners(**{key: float(value) for key, value in parse_qsl(query)})
        self.stats, self.asked = Stats(), Counter()

    async def reply(self, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and JSON for one request."""
        address = urlsplit(target)
        if address.path == "/__stats":
            return 200, asdict(self.stats)
        if address.path == "/__reset":
            self.reset(address.query)
            return 200, {"ok": True}
        if not address.path.endswith("/run"):
            return 404, {"error": "not here"}
        return await self._answer(body)

    async def _answer(self, body: bytes) -> tuple[int, dict[str, Any]]:
        self.stats.first = self.stats.first or time.time()
        self.stats.count += 1
        found = _CASE.search(body)
        case = int(found[1]) if found else -1
        self.asked[case] += 1
        status, text = outcome(case, self.asked[case], self.manners)
        await asyncio.sleep(self.manners.latency)
        self.stats.last = time.time()
        self.stats.n429 += status == 429
        if status == 429:
            return status, {"error": "rate limited"}
        return status, {"output": text, "usage": {"tokens": 48, "cost_usd": 0.0001}}


def outcome(case: int, times: int, manners: Manners) -> tuple[int, str]:
    """Status and text of the `times`-th call of a case: the same whenever it comes."""
    digest = hashlib.sha256(f"{case}/{times}".encode()).digest()
    chance = int.from_bytes(digest[:8], "big") / 2**64
    if chance < manners.e429:
        return 429, ""
    return 200, "I do not know." if chance < manners.e429 + manners.fail else answer(case)


async def serve(port: int, agent: MockAgent) -> asyncio.Server:
    """Answer on a loopback port; connections are kept alive."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                writer.write(message(*await agent.reply(head.split(b" ", 2)[1].decode(), body)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(converse, "127.0.0.1", port, backlog=1024)


def message(status: int, data: dict[str, Any]) -> bytes:
    """One HTTP response."""
    body = json.dumps(data).encode()
    again = "Retry-After: 1\r\n" if status == 429 else ""
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n{again}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def main(port: int) -> None:
    """Serve until somebody ends the process."""
    async with await serve(port, MockAgent()) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
