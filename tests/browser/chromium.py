"""Debian's headless chromium, driven over the DevTools protocol: nothing to download, nothing to install."""

from __future__ import annotations

import asyncio
import base64
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


@dataclass
class Tab:
    """One page. `requests` are the addresses it asked for, `complaints` what its console said."""

    socket: aiohttp.ClientWebSocketResponse
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    _last: int = 0

    async def send(self, method: str, **params: Any) -> Any:
        """The command's result. Events that arrive meanwhile are noted."""
        self._last += 1
        await self.socket.send_json({"id": self._last, "method": method, "params": params})
        while True:
            message = await self.socket.receive_json(timeout=60)
            if message.get("id") == self._last:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    async def open(self, page: Path, width: int = 1400, height: int = 1000, dark: bool = False) -> None:
        """Load the file and wait until it is painted."""
        for domain in ("Page", "Network", "Log", "Runtime"):
            await self.send(f"{domain}.enable")
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.events.clear()
        await self.send("Page.navigate", url=page.as_uri())
        while "Page.loadEventFired" not in self.events:
            self._note(await self.socket.receive_json(timeout=60))
        await self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    async def run(self, script: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = await self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def screenshot(self, file: Path, whole: bool = True) -> None:
        """The page as a PNG: all of it, or what the window shows."""
        answer = await self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(answer["data"]))

    async def pdf(self, file: Path) -> None:
        """The page as it prints, on A4."""
        answer = await self.send(
            "Page.printToPDF",
            printBackground=True,
            paperWidth=8.27,
            paperHeight=11.69,
            preferCSSPageSize=True,
        )
        file.write_bytes(base64.b64decode(answer["data"]))

    def _note(self, message: dict[str, Any]) -> None:
        method, params = message.get("method", ""), message.get("params", {})
        self.events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))


@asynccontextmanager
async def new_tab() -> AsyncIterator[Tab]:
    """A fresh browser with one tab; it is gone afterwards.

    Raises:
        AssertionError: chromium is not installed.
    """
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    assert binary, "chromium is not installed: apt-get install chromium"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            binary, *_FLAGS, f"--user-data-dir={profile}", "about:blank", stderr=asyncio.subprocess.PIPE
        )
        try:
            address = await _devtools(process)
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://{address}/json") as listing,
            ):
                page = next(tab for tab in await listing.json() if tab["type"] == "page")
                async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Tab(socket)
        finally:
            process.terminate()
            await process.communicate()


async def _devtools(process: asyncio.subprocess.Process) -> str:
    """host:port, which chromium says on stderr once it listens."""
    assert process.stderr is not None
    async with asyncio.timeout(60):
        async for line in process.stderr:
            if found := re.search(rb"ws://([^/]+)/", line):
                return found[1].decode()
    raise AssertionError("chromium ended before it listened")
