"""An agent that is a function in a Python file, called in our own process."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent_runtime.agent.manifest import resolve_inside
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import canonical_json, read_text
from agent_runtime.tools.python_file import call_function, load_function
from evals.results.records import Attempt
from evals.suite.suite import EvalCase, Suite
from evals.suite.suite_file import PythonTarget
from evals.targets.exchange.conversation import conversation_problems, hold_conversation, values_of
from evals.targets.exchange.reply import Reply, UnusableAnswer, read_exception, read_own
from evals.targets.prints import prints_on_stderr
from evals.targets.process.output import without_secrets
from evals.targets.process.python_worker import exception_report, json_of, parameters_of

WHERE = ("target", "python", "function")


class FunctionAgent:
    """What is the same in our process and in processes of its own."""

    model: str | None = None
    worst_case_usd: float | None = None

    def __init__(self, suite: Suite, settings: PythonTarget, environ: Mapping[str, str]) -> None:
        """Check that the file is there and is Python; it is loaded when the target is opened.

        Raises:
            InvalidInput
        """
        self.simulated = settings.simulated
        self.fingerprint: str | None = python_fingerprint(suite, settings)
        self.agent: str | None = settings.function
        self._suite = suite
        self._written = settings
        self._environ = environ

    def _clean(self, text: str) -> str:
        return without_secrets(text, self._environ)


class PythonAgent(FunctionAgent):
    """The target `python:` of a suite. See `evals.targets.interface.Target`.

    A plain function runs in a thread of its own, an async one on our loop. One that never comes back keeps
    its thread until we end; `isolate: true` is for those.
    """

    def __init__(self, suite: Suite, settings: PythonTarget, environ: Mapping[str, str]) -> None:
        super().__init__(suite, settings, environ)
        self._function: Callable[..., Any]
        self._value_names: Mapping[str, str] = {}
        self._opened = ExitStack()

    async def __aenter__(self) -> Self:
        """Load the function.

        Raises:
            InvalidInput: it cannot be loaded, or takes what no case has.
        """
        self._opened.enter_context(prints_on_stderr())
        try:
            self._function = _loaded(self._suite, self._written)
            self._value_names = _parameters(self._suite, self._function)
            refuse_unreachable_cases(self._suite, frozenset(self._value_names.values()))
        except BaseException:
            self._opened.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """Call the function once a turn; `timeout_seconds` bounds all turns together."""
        return await hold_conversation(
            case,
            values_of(case, sample_index, seed),
            self._ask,
            timeout_seconds=self._written.timeout_seconds,
            clean=self._clean,
        )

    async def _ask(self, values: Mapping[str, Any]) -> tuple[Reply, float]:
        arguments = {parameter: values[name] for parameter, name in self._value_names.items()}
        started = time.perf_counter()
        reply = _reply(await _call_shielded(self._function, arguments))
        return reply, (time.perf_counter() - started) * 1000


def source_of(root: Path, reference: str, *, ours: bool = True) -> str:
    """The text of the file that `file.py:function`, relative to `root`, names.

    Args:
        ours: it will be read by the Python that runs us, so it must be valid for that one.

    Raises:
        ValueError: it is not there, or not Python; the message follows the name of the function.
    """
    try:
        text = read_text(resolve_inside(root, reference.partition(":")[0]))
        if ours:
            ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"is not valid Python: {error.msg} (line {error.lineno})") from None
    except InvalidInput as error:
        raise ValueError(f"cannot be used: its file {error.problems[0].what}") from None
    return text


def python_fingerprint(suite: Suite, settings: PythonTarget) -> str:
    """SHA-256 of the target as written and of its file; what the file imports is not known.

    Raises:
        InvalidInput: the file is not there, or not Python.
    """
    try:
        text = source_of(suite.root, settings.function, ours=settings.interpreter is None)
    except ValueError as error:
        what = f"'{settings.function}' {error}"
        raise InvalidInput([suite.document.problem(WHERE, what, "correct the file, or its path")]) from None
    return hashlib.sha256(canonical_json([settings.model_dump(mode="json"), text]).encode()).hexdigest()


def refuse_unreachable_cases(suite: Suite, inputs: frozenset[str]) -> None:
    """Stop before anything runs if a case cannot reach a function that takes these names.

    Raises:
        InvalidInput
    """
    problems = conversation_problems(inputs, suite.cases, lambda name: f"let the function take '{name}'")
    if problems:
        raise InvalidInput(problems)


def _loaded(suite: Suite, settings: PythonTarget) -> Callable[..., Any]:
    try:
        return load_function(suite.root, settings.function, "the target")
    except InvalidInput as error:
        if "No module named" not in str(error):
            raise
        fix = "for files of your own and packages of your own environment:  isolate: true, interpreter: …"
        raise InvalidInput(
            [*error.problems, suite.document.problem(WHERE, "runs in our process", fix)]
        ) from None


def _parameters(suite: Suite, function: Callable[..., Any]) -> dict[str, str]:
    try:
        return parameters_of(function)
    except (TypeError, ValueError) as error:
        what = f"the function cannot be called: {error}"
        raise InvalidInput([suite.document.problem(WHERE, what, "write  def answer(input): …")]) from None


async def _call_shielded(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """The result of the function, or its exception. A call that resists being cancelled goes on without us."""
    task = asyncio.ensure_future(_result_or_exception(function, arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        raise


async def _result_or_exception(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    try:
        return await call_function(function, arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the agent's own failure, whatever it is
        return _RaisedError(error)


class _RaisedError:
    """The exception of a function as a value: a SystemExit that a task raises would end the event loop."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _reply(value: Any) -> Reply:
    if isinstance(value, _RaisedError):
        return read_exception(exception_report(value.error))
    try:
        return read_own(json_of(value).encode())
    except ValueError as error:
        raise UnusableAnswer(str(error), retryable=False) from None
