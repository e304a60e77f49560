"""The least that this work can take in Python: 500 requests by aiohttp, each reply searched for its answer.

    python benchmarks/floor.py URL

No files, no statistics, no configuration, no retries: what any harness adds is what it takes beyond this.
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp

from benchmarks.workload import CASES, CONCURRENCY, RUNS, answer, question


async def main(url: str) -> int:
    """How many replies were right."""
    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(case: int) -> bool:
            async with session.post(url, json={"input": question(case)}) as response:
                reply = await response.json()
            return answer(case) in str(reply.get("output"))

        return sum(await asyncio.gather(*(ask(case) for _ in range(RUNS) for case in range(CASES))))


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1])))
