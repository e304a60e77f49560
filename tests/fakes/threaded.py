"""The fake agent endpoint in a thread of its own, for tests whose client is another process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

from aiohttp import web

from tests.fakes.agent_endpoint import Answer, Asked, agent_endpoint, says


@contextmanager
def agent_endpoint_thread(data: Any, seconds: float = 0.0) -> Iterator[str]:
    """Serve an endpoint that answers `data` after `seconds`; yields its URL."""
    with endpoint_thread(_slowly(says(data), seconds)) as url:
        yield f"{url}/run"


@contextmanager
def endpoint_thread(answer: Answer) -> Iterator[str]:
    """Serve `answer`; yields the origin."""
    urls: Queue[str] = Queue()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with agent_endpoint(answer) as endpoint:
            urls.put(endpoint.url)
            await over.wait()
        # Whoever connected in the last moment is let go too, or the closed loop leaves a socket to the collector.
        await asyncio.sleep(0.05)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield urls.get(timeout=10)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(timeout=10)
        loop.close()


def _slowly(answer: Answer, seconds: float) -> Answer:
    async def later(asked: Asked) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await answer(asked)

    return later
