"""A command that serves the endpoint: started, waited for, and stopped with everything it started."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from agent_runtime.errors import CannotMeasure, CrewError
from evals.targets.exchange.request import Address

Probe = Callable[[], Awaitable[bool]]
"""Does it answer?"""

_POLL_SECONDS = 0.05
_TAIL_BYTES = 2_000


class CannotStart(CrewError):
    """The command does not exist, or may not be executed."""

    exit_code = 2


def command_words(start: str) -> list[str]:
    """The words of `start`, as a shell would split them; no shell runs it.

    Raises:
        ValueError: if it is empty or a quote is not closed.
    """
    words = shlex.split(start)
    if not words:
        raise ValueError("it is empty")
    return words


async def wait_until(answers: Probe, seconds: float) -> bool:
    """Ask until it answers; False if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not await answers():
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


class ServerCommand:
    """A command that serves `address`, alive from `async with` until its end.

    It runs in its own session, so a Ctrl-C in the terminal does not reach it before we stop it, and it is
    stopped with everything it started: SIGTERM, then SIGKILL after `grace_seconds`.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        root: Path,
        environ: Mapping[str, str],
        address: Address,
        answers: Probe,
        ready_seconds: float,
        grace_seconds: float = 5.0,
    ) -> None:
        self._words = words
        self._root = root
        self._environ = environ
        self._address = address
        self._answers = answers
        self._ready_seconds = ready_seconds
        self._grace_seconds = grace_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="agentcrewops-", ignore_cleanup_errors=True)

    async def __aenter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            CannotStart: there is no such command.
            CannotMeasure: its port is taken, it ended, or it did not answer in time.
        """
        try:
            await self._refuse_used_port()
            self._process = self._launch()
            await self._wait_ready(self._process)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    @property
    def ending(self) -> str | None:
        """How the command ended; None while it runs."""
        code = self._process.poll() if self._process is not None else None
        if code is None:
            return None
        return (
            f"the command was killed by signal {-code}" if code < 0 else f"the command ended with code {code}"
        )

    @property
    def _log(self) -> Path:
        return Path(self._folder.name) / "output.log"

    async def _refuse_used_port(self) -> None:
        if await self._address.accepts():
            raise CannotMeasure(
                f"something already answers at {self._address}, so `start:` would judge a stranger's server\n"
                f"    fix: stop it, or take another port in url and start"
            )

    def _launch(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            try:
                return subprocess.Popen(  # noqa: S603 - the suite's own command, split without a shell
                    self._words,
                    cwd=self._root,
                    env=dict(self._environ),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise CannotStart(f"'{self._words[0]}' cannot be started: {error.strerror}") from None

    async def _wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        async def ready_or_ended() -> bool:
            return process.poll() is not None or await self._answers()

        in_time = await wait_until(ready_or_ended, self._ready_seconds)
        if self.ending is not None:
            raise CannotMeasure(
                f"the target could not be started: {self.ending}\n"
                f"    fix: run `start:` by hand; the last it printed:\n{self._tail()}"
            )
        if not in_time:
            raise CannotMeasure(
                f"the target did not answer at {self._address} within {self._ready_seconds:g} s\n"
                f"    fix: check `ready:`, or raise ready_seconds; the last it printed:\n{self._tail()}"
            )

    def _tail(self) -> str:
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace").strip() or "(nothing)"

    async def _stop(self) -> None:
        try:
            if self._process is not None:
                _signal_group(self._process, signal.SIGTERM)
                await wait_until(_has_ended(self._process), self._grace_seconds)
        finally:
            if self._process is not None:
                _signal_group(self._process, signal.SIGKILL)
                self._process.wait()
            self._folder.cleanup()


def _has_ended(process: subprocess.Popen[bytes]) -> Probe:
    async def has_ended() -> bool:
        return process.poll() is not None

    return has_ended


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal the command and what it started; a group that is gone is what we wanted."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
