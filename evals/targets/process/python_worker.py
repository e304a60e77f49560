"""A process that calls one function of a Python file for each line on its stdin, and answers each with a line.

    python -c "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')" python_worker.py agent.py answer

It runs under the Python the agent is installed in, so it imports nothing of ours and keeps to Python 3.9. What
the agent prints goes to stderr: stdin and stdout are moved out of its reach before its file is loaded. Its
folder and the one it is started in are on the import path, as they are for `python agent.py`: in a process of
its own they are in nobody's way.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

NAMES = (
    "input",
    "messages",
    "case_id",
    "sample_index",
    "seed",
    "stubs",
    "trace_id",
    "traceparent",
    "session_id",
)
"""The values of a turn that a function may have parameters for."""

_MAX_REASON = 2_000
_TRY_AGAIN = frozenset({408, 425, 429})


def parameters_of(function: Callable[..., Any]) -> dict[str, str]:
    """Which of `NAMES` each parameter gets: the one of its name; a first parameter of any other name gets the input.

    Raises:
        TypeError: saying which parameter would be left without a value.
    """
    value_names: dict[str, str] = {}
    for place, parameter in enumerate(inspect.signature(function).parameters.values()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in NAMES:
            value_names[parameter.name] = parameter.name
        elif place == 0:
            value_names[parameter.name] = "input"
        elif parameter.default is parameter.empty:
            raise TypeError(f"parameter '{parameter.name}' has no value; known names: {', '.join(NAMES)}")
    if not {"input", "messages", "case_id"} & set(value_names.values()):
        raise TypeError("it takes nothing of the case, so it would answer every case alike")
    return value_names


def exception_report(error: BaseException) -> dict[str, Any]:
    """What an agent raised, and whether its provider failed rather than the agent.

    A connection that failed, or an HTTP status from 400 up, anywhere among the causes, is an outage: the
    agent was never asked for its answer. An error of the agent's own code is the agent's failure.
    """
    report: dict[str, Any] = {"what": f"{type(error).__name__}: {error}"[:_MAX_REASON], "outage": True}
    for cause in _causes(error):
        status = _status(cause)
        if status is not None:
            again = status >= 500 or status in _TRY_AGAIN
            return {**report, "status": status, "retryable": again, "retry_after": _retry_after(cause)}
        if isinstance(cause, ConnectionError):
            return {**report, "status": None, "retryable": True, "retry_after": None}
    return {**report, "outage": False}


def json_of(value: Any) -> str:
    """What an agent returned as JSON.

    Raises:
        ValueError: saying why JSON cannot say it.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except RecursionError:
        raise ValueError("the agent returned a value that nests too deeply") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"the agent returned a value that is not JSON: {error}") from None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it came from, and the parts of groups; each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, None if found.__suppress_context__ else found.__context__]
        waiting += getattr(found, "exceptions", ())


def _status(error: BaseException) -> int | None:
    """The HTTP status an error carries, in the places where clients put it."""
    response = getattr(error, "response", None)
    for holder, name in ((error, "status_code"), (error, "status"), (response, "status_code")):
        status = getattr(holder, name, None)
        if isinstance(status, int) and 400 <= status < 600:
            return status
    return None


def _retry_after(error: BaseException) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None)
    try:
        return float(headers.get("retry-after"))  # type: ignore[union-attr]
    except (AttributeError, TypeError, ValueError):
        return None


def _load(file: str, name: str) -> Callable[..., Any]:
    """The function; what its file raises ends the process, with a traceback."""
    path = os.path.abspath(file)  # noqa: PTH100 - pathlib is 15 ms of every start
    sys.path[:1] = [os.path.dirname(path), os.getcwd()]  # noqa: PTH109, PTH120
    module_name = os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    function: Callable[..., Any] = getattr(module, name)
    return function


def _private_pipes() -> tuple[TextIO, TextIO]:
    """Our stdin and stdout, where neither the agent nor what it starts can reach them."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return requests, answers


def _answer(
    call: Callable[..., Any], value_names: Mapping[str, str], values: Mapping[str, Any], loop: Any
) -> dict[str, Any]:
    os.environ["TRACEPARENT"] = values["traceparent"]
    try:
        value = call(**{parameter: values[name] for parameter, name in value_names.items()})
        if inspect.isawaitable(value):
            value = loop.run_until_complete(value)
    except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - the agent's own failure
        return {"exception": exception_report(error)}
    try:
        return {"answer": json_of(value)}
    except ValueError as error:
        return {"unusable": str(error)}


def main(file: str, name: str) -> None:
    """Serve until stdin ends."""
    requests, answers = _private_pipes()
    function = _load(file, name)
    value_names = parameters_of(function)
    loop = asyncio.new_event_loop()  # one for all calls, so that clients made in one live on in the next
    asyncio.set_event_loop(loop)
    me = os.getpid()
    answer: dict[str, Any] = {"value_names": sorted(set(value_names.values()))}
    while True:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        line = requests.readline()
        if not line:
            return
        answer = _answer(function, value_names, json.loads(line), loop)
        if os.getpid() != me:  # a fork of the agent that came back
            os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[2:4])  # the first word is this file, for runpy
