"""Functions in Python files of the user's project, and tools that are one."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import importlib.util
import inspect
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from agent_runtime.agent.manifest import resolve_inside
from agent_runtime.errors import InvalidInput
from agent_runtime.files.suggestion import did_you_mean
from agent_runtime.tools.interface import ToolResult
from agent_runtime.tools.outcome import failed, ms_since, returned

_KEY = "idempotency_key"


class PythonTool:
    """One function, called with the arguments by name.

    A plain function runs in a thread of its own, so it may block; an async one is awaited.

    Args:
        passes_key: also give it `idempotency_key`, the same for every repeat of one call.
    """

    def __init__(self, function: Callable[..., Any], *, passes_key: bool) -> None:
        self._function = function
        self._passes_key = passes_key

    async def call(self, arguments: Mapping[str, Any], *, idempotency_key: str) -> ToolResult:
        """Do it once. What the function raises becomes `Type: message`, without a traceback."""
        start = time.perf_counter()
        given = {**arguments, _KEY: idempotency_key} if self._passes_key else dict(arguments)
        try:
            value = await call_function(self._function, given)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the tool's own failure, whatever it is
            return failed(f"{type(error).__name__}: {error}", ms_since(start))
        return returned(value, ms_since(start))

    async def aclose(self) -> None:
        """Nothing to release."""


def open_python(root: Path, reference: str, tool: str, *, needs_key: bool) -> PythonTool:
    """The function that `file.py:function`, relative to `root`, names.

    Args:
        needs_key: the tool says `idempotency: "key"`, so the function must take `idempotency_key`.

    Raises:
        InvalidInput: the file cannot be loaded, or has no such function, or it takes no key.
    """
    file, _, name = reference.partition(":")
    function = load_function(root, reference, f"tool '{tool}'")
    takes_key = _KEY in _parameters(function)
    if needs_key and not takes_key:
        raise InvalidInput.one(
            file,
            f"'{name}' takes no {_KEY}, but tool '{tool}' says  idempotency: \"key\"",
            f"write  def {name}(…, {_KEY}: str)  and do nothing twice for one key, or declare another idempotency",
        )
    return PythonTool(function, passes_key=takes_key)


def load_function(root: Path, reference: str, use: str) -> Callable[..., Any]:
    """The function that `file.py:function`, relative to `root`, names, whatever it takes.

    Args:
        use: what it is for, as errors say it.

    Raises:
        InvalidInput: the file cannot be loaded, or has no such function.
    """
    file, _, name = reference.partition(":")
    return _function(_load(root, file, use), file, name, use)


async def call_function(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """What it returns, given arguments by name: a plain one runs in a thread of its own, an async one is awaited."""
    if inspect.iscoroutinefunction(function):
        return await function(**given)
    value = await _in_daemon_thread(lambda: function(**given))
    return await value if inspect.isawaitable(value) else value


def _parameters(function: Callable[..., Any]) -> Collection[str]:
    try:
        return inspect.signature(function).parameters
    except ValueError:  # some functions written in C do not tell
        return ()


async def _in_daemon_thread(work: Callable[[], Any]) -> Any:
    """The result of `work`. A tool that hangs keeps its thread, but not the process, alive."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()  # the open span is in it

    def deliver(outcome: tuple[Any, BaseException | None]) -> None:
        if not done.done():
            done.set_result(outcome)

    def run() -> None:
        outcome: tuple[Any, BaseException | None]
        try:
            outcome = context.run(work), None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - raised again where it is awaited
            outcome = None, error
        # The run may have been cancelled, and its loop closed, while the tool went on.
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, outcome)

    threading.Thread(target=run, name="tool", daemon=True).start()
    value, error = await done
    if error is not None:
        raise error
    return value


def _load(root: Path, file: str, use: str) -> ModuleType:
    """The module of a file, under a private name, loaded once per content.

    `sys.path` stays as it is: what the file imports must be installed, or be its own affair.
    """
    try:
        path = resolve_inside(root, file)
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput.one(file, f"cannot be read for {use}: {reason}") from None
    digest = hashlib.sha256(str(path).encode() + b"\0" + content).hexdigest()
    name = f"_agentcrewops_tool_{digest[:24]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise InvalidInput.one(file, f"is not a Python file ({use})")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up
    try:
        # Not by the loader: its cache takes an edit within the same second, of the same length, for no edit.
        exec(compile(content, str(path), "exec"), module.__dict__)  # noqa: S102 - the user's own tool
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's file, whatever it does
        del sys.modules[name]
        raise InvalidInput.one(
            file,
            f"cannot be loaded for {use}: {type(error).__name__}: {error}",
            f'try  python "{file}"',
            _line_in(error, path),
        ) from None
    return module


def _line_in(error: BaseException, path: Path) -> int | None:
    """The last line of `path` that led to the error."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return lines[-1] if lines else None


def _function(module: ModuleType, file: str, name: str, use: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if callable(found):
        function: Callable[..., Any] = found
        return function
    functions = [own for own, value in vars(module).items() if callable(value) and not own.startswith("_")]
    fix = did_you_mean(name, functions, f"write  def {name}(…):")
    raise InvalidInput.one(file, f"has no function '{name}' ({use})", fix)
