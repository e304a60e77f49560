"""The graders of what the agent did: a tool was called, or was not. Only executed calls count.

A target that does not report its tool calls cannot be judged by them: the grade is neither pass nor fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from agent_runtime.agent.spec import FileModel
from agent_runtime.files.documents import Document, parse
from evals.graders.answer.conditions import same
from evals.graders.kind import GraderKind
from evals.graders.quote import quote
from evals.results.records import Attempt, Grade, NotObserved, ObservedCall


class CallPattern(FileModel):
    """Which calls are meant: those of a tool, with at least these arguments. Written under `tool_not_called:`."""

    name: str = Field(min_length=1)
    arguments: dict[str, Any] = Field(default={}, description="Arguments a call must have to count.")


class RequiredCall(CallPattern):
    """The calls that must be there, and how often. Written under `tool_called:`."""

    times: int | None = Field(default=None, ge=1, description="Exactly so often; default: at least once.")


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The tool was executed with at least the required arguments."""

    required: RequiredCall
    name = "tool_called"

    def grade(self, attempt: Attempt) -> Grade | NotObserved:
        """Pass, or say which calls there were instead."""
        if attempt.tool_calls is None:
            return not_reported(self.name)
        times = len(_matching(attempt.tool_calls, self.required))
        passed = times >= 1 if self.required.times is None else times == self.required.times
        return Grade(self.name, passed, "" if passed else _too_few_or_many(attempt.tool_calls, self.required))


@dataclass(frozen=True, slots=True)
class ToolNotCalled:
    """The tool was never executed (with these arguments); a refused call did no harm."""

    forbidden: CallPattern
    name = "tool_not_called"

    def grade(self, attempt: Attempt) -> Grade | NotObserved:
        """Pass, or show the call."""
        if attempt.tool_calls is None:
            return not_reported(self.name)
        calls = _matching(attempt.tool_calls, self.forbidden)
        reason = f"{self.forbidden.name} was called with {_arguments(calls[0])}" if calls else ""
        return Grade(self.name, not calls, reason)


def _as_mapping(document: Document) -> Document:
    """`tool_called: "billing.refund"` is short for `tool_called: { name: "billing.refund" }`."""
    if not isinstance(document.data, str):
        return document
    return Document(document.file, {"name": document.data}, document.lines)


def not_reported(grader: str) -> NotObserved:
    """Neither pass nor fail, for a target that says nothing of its tools."""
    return NotObserved(grader, "the target does not report tool calls")


def _matching(calls: tuple[ObservedCall, ...], pattern: CallPattern) -> list[ObservedCall]:
    return [call for call in calls if call.executed and matches(call, pattern)]


def matches(call: ObservedCall, pattern: CallPattern) -> bool:
    """Whether `call` is of that tool, with at least those arguments."""
    return call.name == pattern.name and has_arguments(call.arguments, pattern.arguments)


def has_arguments(arguments: Any, expected: Any) -> bool:
    """Whether `arguments` holds every key of `expected`, at any depth, with an equal value."""
    if isinstance(expected, Mapping) and isinstance(arguments, Mapping):
        return all(
            key in arguments and has_arguments(arguments[key], value) for key, value in expected.items()
        )
    return same(arguments, expected)


def _too_few_or_many(calls: tuple[ObservedCall, ...], required: RequiredCall) -> str:
    named = [call for call in calls if call.name == required.name]
    executed = [call for call in named if call.executed]
    if not executed:
        return f"{required.name} was {'refused' if named else 'not called'}"
    if required.times is not None:
        matching = len(_matching(calls, required))
        return f"{required.name} was called {matching} times so, not {required.times}"
    return f"{required.name} was called with {_arguments(executed[-1])}, not with {quote(required.arguments)}"


def _arguments(call: ObservedCall) -> str:
    return quote(dict(call.arguments))


TOOL_CALLED = GraderKind(
    name="tool_called",
    read=lambda document: parse(_as_mapping(document), RequiredCall),
    build=lambda required, _: ToolCalled(required),
    checks="The tool was executed, with at least these arguments; `times:` says exactly how often.",
    example='tool_called: { name: "billing.refund", arguments: { order_id: "123" }, times: 1 }',
)
TOOL_NOT_CALLED = GraderKind(
    name="tool_not_called",
    read=lambda document: parse(_as_mapping(document), CallPattern),
    build=lambda forbidden, _: ToolNotCalled(forbidden),
    checks="The tool was never executed, or never with these arguments.",
    example='tool_not_called: "mail.send"',
)
