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
from evals.graders.answer.text import shown
from evals.results.records import Attempt, Grade, NotObserved, ObservedCall


class ForbiddenCall(FileModel):
    """What a person writes under `tool_not_called:`."""

    name: str = Field(min_length=1)
    arguments: dict[str, Any] = Field(default={}, description="Arguments a call must have to count.")


class WantedCall(ForbiddenCall):
    """What a person writes under `tool_called:`."""

    times: int | None = Field(default=None, ge=1, description="Exactly so often; default: at least once.")


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The tool was executed with at least the wanted arguments."""

    wanted: WantedCall
    name = "tool_called"

    def grade(self, attempt: Attempt) -> Grade | NotObserved:
        """Pass, or say which calls there were instead."""
        if attempt.tool_calls is None:
            return not_reported(self.name)
        times = len(_matching(attempt.tool_calls, self.wanted))
        passed = times >= 1 if self.wanted.times is None else times == self.wanted.times
        return Grade(self.name, passed, "" if passed else _too_few_or_many(attempt.tool_calls, self.wanted))


@dataclass(frozen=True, slots=True)
class ToolNotCalled:
    """The tool was never executed (with these arguments); a refused call did no harm."""

    forbidden: ForbiddenCall
    name = "tool_not_called"

    def grade(self, attempt: Attempt) -> Grade | NotObserved:
        """Pass, or show the call."""
        if attempt.tool_calls is None:
            return not_reported(self.name)
        calls = _matching(attempt.tool_calls, self.forbidden)
        reason = f"{self.forbidden.name} was called with {_arguments(calls[0])}" if calls else ""
        return Grade(self.name, not calls, reason)


def tool_called(document: Document) -> ToolCalled:
    """From `tool_called: "billing.refund"` or `{ name: …, arguments: {…}, times: … }`.

    Raises:
        InvalidInput
    """
    return ToolCalled(parse(_named(document), WantedCall))


def tool_not_called(document: Document) -> ToolNotCalled:
    """From `tool_not_called: "billing.refund"` or `{ name: …, arguments: {…} }`.

    Raises:
        InvalidInput
    """
    return ToolNotCalled(parse(_named(document), ForbiddenCall))


def _named(document: Document) -> Document:
    if not isinstance(document.data, str):
        return document
    return Document(document.file, {"name": document.data}, document.lines)


def not_reported(grader: str) -> NotObserved:
    """Neither pass nor fail, for a target that says nothing of its tools."""
    return NotObserved(grader, "the target does not report tool calls")


def _matching(calls: tuple[ObservedCall, ...], wanted: ForbiddenCall) -> list[ObservedCall]:
    return [call for call in calls if call.executed and matches(call, wanted)]


def matches(call: ObservedCall, wanted: ForbiddenCall) -> bool:
    """Whether `call` is of that tool, with at least those arguments."""
    return call.name == wanted.name and has_arguments(call.arguments, wanted.arguments)


def has_arguments(arguments: Any, wanted: Any) -> bool:
    """Whether `arguments` holds every key of `wanted`, at any depth, with an equal value."""
    if isinstance(wanted, Mapping) and isinstance(arguments, Mapping):
        return all(key in arguments and has_arguments(arguments[key], value) for key, value in wanted.items())
    return same(arguments, wanted)


def _too_few_or_many(calls: tuple[ObservedCall, ...], wanted: WantedCall) -> str:
    named = [call for call in calls if call.name == wanted.name]
    executed = [call for call in named if call.executed]
    if not executed:
        return f"{wanted.name} was {'refused' if named else 'not called'}"
    if wanted.times is not None:
        matching = len(_matching(calls, wanted))
        return f"{wanted.name} was called {matching} times so, not {wanted.times}"
    return f"{wanted.name} was called with {_arguments(executed[-1])}, not with {shown(wanted.arguments)}"


def _arguments(call: ObservedCall) -> str:
    return shown(dict(call.arguments))
