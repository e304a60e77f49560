"""An agent that is a program: JSON on its stdin, its answer on its stdout."""

from __future__ import annotations

import hashlib
import json
import time
from asyncio import Semaphore
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_runtime.agent.manifest import resolve_inside
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import canonical_json
from evals.results.records import Attempt
from evals.suite.suite import EvalCase, Suite
from evals.suite.suite_file import CommandTarget
from evals.targets.exchange.conversation import hold_conversation, values_of
from evals.targets.exchange.reply import Reply, UnusableAnswer, read_exit, read_own, read_text, too_large
from evals.targets.interface import NothingToOpen
from evals.targets.process.output import last_output, without_secrets
from evals.targets.process.process import Process, process_limit, program_words


class CommandAgent(NothingToOpen):
    """The target `command:` of a suite. See `evals.targets.interface.Target`.

    One process a turn, in a group of its own, which is ended with all it started, however it ended.
    """

    model: str | None = None
    worst_case_usd: float | None = None

    def __init__(self, suite: Suite, settings: CommandTarget, environ: Mapping[str, str]) -> None:
        """Check that the program is there; nothing is started.

        Raises:
            InvalidInput
        """
        self._words = _words(suite, settings, environ)
        self._root = suite.root
        self._written = settings
        self._environ = environ
        self._free = Semaphore(process_limit(settings.processes))
        self.simulated = settings.simulated
        self.fingerprint: str | None = _fingerprint(settings, self._words, suite.root)
        self.agent: str | None = settings.run

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """Run the program once a turn; `timeout_seconds` bounds all turns, not the wait for a free place."""
        async with self._free:
            return await hold_conversation(
                case,
                values_of(case, sample_index, seed),
                self._ask,
                timeout_seconds=self._written.timeout_seconds,
                clean=lambda text: without_secrets(text, self._environ),
            )

    async def _ask(self, values: Mapping[str, Any]) -> tuple[Reply, float]:
        started = time.perf_counter()
        process = await self._started(values["traceparent"])
        try:
            process.write_last(json.dumps(values).encode())
            code = await process.ended()
            latency_ms = (time.perf_counter() - started) * 1000
            return self._reply(process, code), latency_ms
        finally:
            await process.stop()

    async def _started(self, traceparent: str) -> Process:
        try:
            return await Process.start(self._words, self._root, {**self._environ, "TRACEPARENT": traceparent})
        except OSError as error:
            what = f"'{self._words[0]}' cannot be started: {error.strerror}"
            raise UnusableAnswer(what, retryable=True) from None

    def _reply(self, process: Process, code: int) -> Reply:
        if process.output_too_large:
            raise too_large()
        stderr_end = last_output(bytes(process.stderr_end), self._environ)
        if code != 0:
            return read_exit(code, stderr_end)
        try:
            read = read_own if self._written.output == "json" else read_text
            return read(process.stdout)
        except UnusableAnswer as error:
            hint = "print only the answer on stdout, all else on stderr"
            raise UnusableAnswer(f"{error}\n    fix: {hint}", retryable=False) from None


def _words(suite: Suite, settings: CommandTarget, environ: Mapping[str, str]) -> list[str]:
    try:
        return program_words(settings.run, suite.root, environ)
    except ValueError as error:
        fix = "correct the path, or install it; for shell syntax write  sh -c '…'"
        where = ("target", "command", "run")
        raise InvalidInput([suite.document.problem(where, f"'{settings.run}' {error}", fix)]) from None


def _fingerprint(settings: CommandTarget, words: Sequence[str], root: Path) -> str:
    """SHA-256 of the target as written and of the files below the suite that its words name."""
    files = {word: digest for word in words if (digest := _digest(root, word)) is not None}
    return hashlib.sha256(canonical_json([settings.model_dump(mode="json"), files]).encode()).hexdigest()


def _digest(root: Path, word: str) -> str | None:
    try:
        return hashlib.sha256(resolve_inside(root, word).read_bytes()).hexdigest()
    except (OSError, ValueError):
        return None
