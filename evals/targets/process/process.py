"""A program in a process group of its own, which is ended with all that it started. Its output has a limit."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from evals.targets.exchange.reply import MAX_ANSWER_BYTES
from evals.targets.process.output import END_BYTES

GRACE_SECONDS = 1.0
"""Between asking a program to end and ending it; and for what still stands in its pipes."""

PER_CORE = 4
"""Agents wait for models most of the time; a program takes the memory of a program, though."""


def process_limit(limit: int | None) -> int:
    """How many programs may run at the same time."""
    return limit if limit is not None else PER_CORE * (os.cpu_count() or 1)


def program_words(command: str, root: Path, environ: Mapping[str, str]) -> list[str]:
    """The words of a command, split as a shell would; no shell runs it.

    Raises:
        ValueError: if it is none, or its program is not there.
    """
    words = shlex.split(command)
    if not words:
        raise ValueError("is empty")
    program = words[0]
    found = root / program if "/" in program else shutil.which(program, path=environ.get("PATH"))
    if found is None or not os.access(found, os.X_OK):
        raise ValueError(f"names '{program}', which is no program here")
    return words


class Process(asyncio.SubprocessProtocol):
    """A program that was started. Its stdout is read by `line` and `stdout`; of its stderr only the end is stored."""

    def __init__(self) -> None:
        self.output_too_large = False
        self.stderr_end = bytearray()
        self._stdout = bytearray()
        self._transport: asyncio.SubprocessTransport
        self._code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._pipes = {1, 2}
        self._output_ended = asyncio.Event()
        self._changed = asyncio.Event()

    @classmethod
    async def start(cls, words: Sequence[str], root: Path, environ: Mapping[str, str]) -> Process:
        """Start it in `root`, out of reach of a Ctrl-C in the terminal.

        Raises:
            OSError: if there is no such program, or no room for it.
        """
        loop = asyncio.get_running_loop()
        starting = asyncio.ensure_future(
            loop.subprocess_exec(cls, *words, cwd=root, env=dict(environ), start_new_session=True)
        )
        try:
            return (await asyncio.shield(starting))[1]
        except asyncio.CancelledError:  # it may be running by now, and nobody else knows of it
            await (await starting)[1].stop()
            raise

    @property
    def running(self) -> bool:
        """False once it has ended."""
        return not self._code.done()

    def write(self, data: bytes) -> None:
        """Send to its stdin, if it still reads it."""
        pipe = self._transport.get_pipe_transport(0)
        if isinstance(pipe, asyncio.WriteTransport) and not pipe.is_closing():
            pipe.write(data)

    def write_last(self, data: bytes) -> None:
        """Send to its stdin, and close it."""
        self.write(data)
        pipe = self._transport.get_pipe_transport(0)
        if isinstance(pipe, asyncio.WriteTransport) and pipe.can_write_eof():
            pipe.write_eof()

    async def line(self) -> bytes | None:
        """The next line of its stdout, without its end; None if it ended, or prints more than anybody reads."""
        while True:
            end = self._stdout.find(b"\n")
            if end >= 0:
                line = bytes(self._stdout[:end])
                del self._stdout[: end + 1]
                return line
            if self.output_too_large or 1 not in self._pipes or self._code.done():
                return None
            self._changed.clear()
            await self._changed.wait()

    async def ended(self) -> int:
        """What it ended with, once it has: a signal is negative. What it started is ended with it."""
        code = await asyncio.shield(self._code)
        self._signal(signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await self._output_ended.wait()
        return code

    @property
    def stdout(self) -> bytes:
        """What it printed on stdout, without the lines that were read."""
        return bytes(self._stdout)

    async def stop(self) -> None:
        """End it and all it started: asked first, then forced."""
        try:
            if self.running:
                self._signal(signal.SIGTERM)
                # Not asyncio.timeout: under a cancelled one, CPython before 3.11.3 leaves by the wrong error.
                await asyncio.wait([self._code], timeout=GRACE_SECONDS)
        finally:
            self._signal(signal.SIGKILL)
            self._transport.close()
        await asyncio.shield(self._code)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to it."""
        if not isinstance(transport, asyncio.SubprocessTransport):
            raise TypeError("not the transport of a process")
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep what fits."""
        if fd == 2:
            self.stderr_end += data
            del self.stderr_end[:-END_BYTES]
        elif not self.output_too_large:
            self._stdout += data
            self.output_too_large = len(self._stdout) > MAX_ANSWER_BYTES
            if self.output_too_large:
                self._stdout.clear()
                self._signal(signal.SIGKILL)
            self._changed.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Note the end of one way it speaks."""
        self._pipes.discard(fd)
        if not self._pipes:
            self._output_ended.set()
        self._changed.set()

    def process_exited(self) -> None:
        """Note the end of the program; what it started may still hold its pipes."""
        code = self._transport.get_returncode()
        if not self._code.done():
            self._code.set_result(-signal.SIGKILL if code is None else code)
        self._changed.set()

    def _signal(self, number: signal.Signals) -> None:
        """Signal the program and what it started; a group that is gone is what we wanted."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._transport.get_pid(), number)
