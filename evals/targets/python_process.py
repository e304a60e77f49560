"""An agent that is a function in a Python file, called in processes of its own."""

from __future__ import annotations

import json
import sys
import time
from asyncio import Semaphore, gather, timeout
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent_runtime.errors import CrewError, InvalidInput
from evals.results.records import Attempt
from evals.suite.suite import EvalCase, Suite
from evals.suite.suite_file import PythonTarget
from evals.targets.exchange.conversation import hold_conversation, unmeasured, values_of
from evals.targets.exchange.reply import Reply, UnusableAnswer, read_exception, read_exit, read_own, too_large
from evals.targets.process import python_worker
from evals.targets.process.output import last_output
from evals.targets.process.process import Process, process_limit, program_words
from evals.targets.python_file import WHERE, FunctionAgent, refuse_unreachable_cases

_RUN_FILE = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')"
"""Unlike `python FILE`, this does not put the folder of the file on the import path."""


class CannotLoad(CrewError):
    """A worker process did not load its function."""

    exit_code = 2


class Worker:
    """One process that answers one turn at a time."""

    def __init__(self, process: Process, environ: Mapping[str, str]) -> None:
        self.value_names: frozenset[str] = frozenset()
        self._process = process
        self._environ = environ
        self._busy = False

    @classmethod
    async def start(
        cls, words: list[str], root: Path, environ: Mapping[str, str], ready_seconds: float
    ) -> Worker:
        """Start it and wait until it has loaded its function.

        Raises:
            CannotLoad
        """
        try:
            worker = cls(await Process.start(words, root, environ), environ)
        except OSError as error:
            raise CannotLoad(f"'{words[0]}' cannot be started: {error.strerror}") from None
        try:
            async with timeout(ready_seconds):
                await worker._wait_until_loaded()
        except TimeoutError:
            await worker.stop()
            raise CannotLoad(worker._start_failure(f"was not loaded within {ready_seconds:g} s")) from None
        except BaseException:
            await worker.stop()
            raise
        return worker

    @property
    def usable(self) -> bool:
        """False if it ended, or was left in the middle of a turn."""
        return self._process.running and not self._busy

    async def ask(self, values: Mapping[str, Any]) -> tuple[Reply, float]:
        """One turn."""
        self._busy = True
        started = time.perf_counter()
        self._process.write(json.dumps(values).encode() + b"\n")
        line = await self._process.line()
        latency_ms = (time.perf_counter() - started) * 1000
        if line is None:
            return await self._reply_at_end(), latency_ms
        self._busy = False
        return _reply(json.loads(line)), latency_ms

    async def stop(self) -> None:
        """End it and all it started."""
        await self._process.stop()

    async def _wait_until_loaded(self) -> None:
        line = await self._process.line()
        if line is None:
            await self._process.ended()
            raise CannotLoad(self._start_failure("could not be loaded"))
        self.value_names = frozenset(json.loads(line)["value_names"])

    def _start_failure(self, what: str) -> str:
        return f"the agent {what}; the last it printed:\n{self._last_output or '(nothing)'}"

    @property
    def _last_output(self) -> str:
        return last_output(bytes(self._process.stderr_end), self._environ)

    async def _reply_at_end(self) -> Reply:
        if self._process.output_too_large:
            raise too_large()
        return read_exit(await self._process.ended(), self._last_output)


class IsolatedAgent(FunctionAgent):
    """The target `python:` with `isolate: true`. See `evals.targets.interface.Target`.

    Workers are started when they are needed, used again, and replaced when a run leaves one hanging.
    """

    def __init__(self, suite: Suite, settings: PythonTarget, environ: Mapping[str, str]) -> None:
        """Check the file and the interpreter; nothing is started.

        Raises:
            InvalidInput
        """
        super().__init__(suite, settings, environ)
        self._words = _words(suite, settings, environ)
        self._free = Semaphore(process_limit(settings.processes))
        self._idle: list[Worker] = []

    async def __aenter__(self) -> Self:
        """Start the first worker, so that a file that cannot be loaded is found before anything runs.

        Raises:
            InvalidInput
        """
        try:
            worker = await self._start()
        except CannotLoad as error:
            fix = "is `interpreter:` the Python its packages are installed in?"
            raise InvalidInput([self._suite.document.problem(WHERE, str(error), fix)]) from None
        self._idle.append(worker)
        try:
            refuse_unreachable_cases(self._suite, worker.value_names)
        except InvalidInput:
            await self._stop_all()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_all()

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """Hold one conversation with one worker; `timeout_seconds` bounds all its turns, not the wait for it."""
        try:
            async with self._worker() as worker:
                return await hold_conversation(
                    case,
                    values_of(case, sample_index, seed),
                    worker.ask,
                    timeout_seconds=self._written.timeout_seconds,
                    clean=self._clean,
                )
        except CannotLoad as error:
            return unmeasured(UnusableAnswer(str(error), retryable=True), self._clean)

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[Worker]:
        async with self._free:
            worker = await self._idle_worker() or await self._start()
            try:
                yield worker
            finally:
                if worker.usable:
                    self._idle.append(worker)
                else:
                    await worker.stop()

    async def _idle_worker(self) -> Worker | None:
        """A worker without a turn; one that ended in the meantime is removed."""
        while self._idle:
            worker = self._idle.pop()
            if worker.usable:
                return worker
            await worker.stop()
        return None

    async def _start(self) -> Worker:
        return await Worker.start(self._words, self._suite.root, self._environ, self._written.ready_seconds)

    async def _stop_all(self) -> None:
        await gather(*(worker.stop() for worker in self._idle))


def _words(suite: Suite, settings: PythonTarget, environ: Mapping[str, str]) -> list[str]:
    interpreter = [sys.executable]
    if settings.interpreter is not None:
        try:
            interpreter = program_words(settings.interpreter, suite.root, environ)
        except ValueError as error:
            where = ("target", "python", "interpreter")
            problem = suite.document.problem(where, f"{error}", "make the environment, or correct the path")
            raise InvalidInput([problem]) from None
    file, _, function = settings.function.partition(":")
    return [*interpreter, "-c", _RUN_FILE, str(python_worker.__file__), file, function]


def _reply(answer: Mapping[str, Any]) -> Reply:
    if "exception" in answer:
        return read_exception(answer["exception"])
    if "unusable" in answer:
        raise UnusableAnswer(answer["unusable"], retryable=False)
    return read_own(answer["answer"].encode())
