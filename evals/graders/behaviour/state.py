"""The grader that looks at the world: a function of the user's own says whether the run left it right."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document, strict_json
from agent_runtime.tools.python_file import call_function, load_function
from evals.graders.answer.text import shown
from evals.graders.interface import GraderContext
from evals.results.records import Attempt, Grade, GraderBroke, ObservedCall
from evals.suite.suite import EvalCase

SECONDS = 60.0
"""A check that takes longer is broken: it would hold the whole evaluation."""

_FORM = 'write  state: "checks.py:refund_was_booked"'


@dataclass(frozen=True, slots=True)
class State:
    """A Python function, given what the run was and did, returned true."""

    function: Callable[..., Any]
    reference: str
    case: EvalCase
    name = "state"

    async def grade(self, attempt: Attempt) -> Grade | GraderBroke:
        """The function's word; what it raises, and what is neither true nor false, means that it broke."""
        try:
            async with asyncio.timeout(SECONDS):
                said = await call_function(partial(self.function, facts_of(self.case, attempt)), {})
        except TimeoutError:
            return GraderBroke(self.name, f"{self.reference} took longer than {SECONDS:g} s")
        passed, reason = _read(said, self.reference)
        return Grade(self.name, passed, reason if reason or passed else f"{self.reference} said no")


def state(document: Document, case: EvalCase, means: GraderContext) -> State:
    """From `state: "checks.py:refund_was_booked"`, relative to the suite.

    Raises:
        InvalidInput: also if the file cannot be loaded, or has no such function.
    """
    written = document.data
    if not isinstance(written, str) or not written.partition(":")[2].isidentifier():
        raise InvalidInput([document.problem((), f"{shown(written)} does not name a function", _FORM)])
    function = load_function(means.root, written, "a state check")
    if not _takes_one(function):
        raise InvalidInput.one(written, "must take one argument", f"write  def {function.__name__}(run):")
    return State(function, written, case)


def facts_of(case: EvalCase, attempt: Attempt) -> dict[str, Any]:
    """What a check is given, as plain data that it may keep or change. `json` is None if the output is none."""
    calls = attempt.tool_calls
    return {
        "case_id": case.case_id,
        "input": case.input_text,
        "output": attempt.output,
        "json": _json(attempt.output or ""),
        "tool_calls": None if calls is None else [_call(call) for call in calls],
        "latency_ms": attempt.latency_ms,
        "cost_usd": attempt.cost_usd,
        "tokens": attempt.tokens,
    }


def _call(call: ObservedCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": dict(call.arguments), "executed": call.executed}


def _takes_one(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # some functions written in C do not tell
        return True
    return True


def _json(text: str) -> Any:
    try:
        return strict_json(text)
    except ValueError:
        return None


def _read(said: Any, reference: str) -> tuple[bool, str]:
    """True or false, or a pair of it and a reason; anything else is no answer.

    Raises:
        TypeError
    """
    passed, reason = said if isinstance(said, tuple | list) and len(said) == 2 else (said, "")
    if not isinstance(passed, bool) or not isinstance(reason, str):
        raise TypeError(f"{reference} returned {shown(said)}, not True, False or (bool, 'reason')")
    return passed, reason[:500]
