"""The grader of what a run left behind: a Python function of the user checks the database, the outbox, …"""

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
from evals.graders.kind import CaseContext, GraderKind
from evals.graders.quote import quote
from evals.results.records import Attempt, Grade, GraderBroke, ObservedCall
from evals.suite.suite import EvalCase

TIMEOUT_SECONDS = 60.0
"""A check that takes longer is broken: it would hold the whole evaluation."""


@dataclass(frozen=True, slots=True)
class State:
    """A Python function returns true for the run."""

    function: Callable[..., Any]
    reference: str
    case: EvalCase
    name = "state"

    async def grade(self, attempt: Attempt) -> Grade | GraderBroke:
        """Pass or fail as the function says; if it raises, or returns neither, the check broke."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                returned = await call_function(partial(self.function, run_facts(self.case, attempt)), {})
        except TimeoutError:
            return GraderBroke(self.name, f"{self.reference} took longer than {TIMEOUT_SECONDS:g} s")
        passed, reason = _passed_and_reason(returned, self.reference)
        return Grade(self.name, passed, reason if reason or passed else f"{self.reference} said no")


def _reference(document: Document) -> str:
    written = document.data
    if not isinstance(written, str) or not written.partition(":")[2].isidentifier():
        fix = 'write  state: "checks.py:refund_was_booked"'
        raise InvalidInput([document.problem((), f"{quote(written)} does not name a function", fix)])
    return written


def _state(reference: str, context: CaseContext) -> State:
    function = load_function(context.suite.root, reference, "a state check")
    if not _takes_one_argument(function):
        raise InvalidInput.one(reference, "must take one argument", f"write  def {function.__name__}(run):")
    return State(function, reference, context.case)


def run_facts(case: EvalCase, attempt: Attempt) -> dict[str, Any]:
    """The argument of a check: plain data that it may change. `json` is None if the output is not JSON."""
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


def _takes_one_argument(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # functions written in C may have no signature
        return True
    return True


def _json(text: str) -> Any:
    try:
        return strict_json(text)
    except ValueError:
        return None


def _passed_and_reason(returned: Any, reference: str) -> tuple[bool, str]:
    """True or false, or a pair of it and a reason; anything else is no answer.

    Raises:
        TypeError
    """
    pair = isinstance(returned, tuple | list) and len(returned) == 2
    passed, reason = returned if pair else (returned, "")
    if not isinstance(passed, bool) or not isinstance(reason, str):
        raise TypeError(f"{reference} returned {quote(returned)}, not True, False or (bool, 'reason')")
    return passed, reason[:500]


STATE = GraderKind(
    name="state",
    read=_reference,
    build=_state,
    checks="A function of yours finds what the run left behind right.",
    example='state: "checks.py:refund_was_booked"',
)
