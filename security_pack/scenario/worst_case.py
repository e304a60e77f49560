"""A model that does its task, and then whatever an attacker tells it to do: the worst that any model could do.

It obeys only what it can read. If the payload does not reach the conversation, it just does its task, so the
benign twin of a probe is silent by construction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from agent_runtime.agent.spec import ToolSpec
from agent_runtime.files.documents import strict_json
from agent_runtime.files.placeholders import fill_text
from agent_runtime.models.interface import ModelReply, ModelRequest
from agent_runtime.records import ToolCall, Usage
from security_pack.catalog.binding import ANSWER
from security_pack.catalog.probe import Payload, WorstCaseStep
from security_pack.scenario.instances import completed
from security_pack.scenario.scenario import Scenario

_RECOGNISED = 200
"""Characters of a payload that are looked for: of a longer one the end may be cut off, as in an error."""


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A call as the model will write it."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """One answer of the model, or one connection that a tool of it would make."""

    calls: tuple[ScriptedCall, ...] = ()
    text: str | None = None
    connect: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """All that the model will do.

    Attributes:
        task: calls that the task needs, one a turn.
        answer: what ends the task, as the contract wants it.
        actions: what the attacker wants, in order.
    """

    task: tuple[ScriptedCall, ...]
    answer: str
    actions: tuple[ScriptedTurn, ...]


def script_of(scenario: Scenario, tools: Mapping[str, ToolSpec], answer: str) -> Script:
    """The script, every call completed for the tool it is made to.

    Raises:
        CannotBuild: the arguments of a tool cannot be made up.
    """
    task = tuple(_call(name, {}, tools) for name in scenario.read_tools)
    steps = scenario.probe.worst_case if scenario.obeys else ()
    return Script(task, answer, _turns(steps, tools, answer))


def _turns(
    steps: Sequence[WorstCaseStep], tools: Mapping[str, ToolSpec], answer: str
) -> tuple[ScriptedTurn, ...]:
    turns: list[ScriptedTurn] = []
    for step in steps:
        turn = _turn(step, tools, answer)
        if turn.connect is not None or not step.together:
            turns.extend([turn] * step.times)
            continue
        before = turns.pop() if turns and turns[-1].connect is None else ScriptedTurn()
        turns.append(ScriptedTurn((*before.calls, *turn.calls * step.times), turn.text or before.text))
    return tuple(turns)


def _turn(step: WorstCaseStep, tools: Mapping[str, ToolSpec], answer: str) -> ScriptedTurn:
    if step.say is not None:
        return ScriptedTurn(text=fill_text(step.say, {ANSWER: answer}))
    if step.call is None:
        return ScriptedTurn(connect=step.connect)
    if step.raw_args is not None:
        return ScriptedTurn((ScriptedCall(step.call, step.raw_args),))
    return ScriptedTurn((_call(step.call, step.args, tools),))


def _call(name: str, given: Mapping[str, Any], tools: Mapping[str, ToolSpec]) -> ScriptedCall:
    tool = tools.get(name)
    arguments = given if tool is None else completed(tool, given)
    return ScriptedCall(name, json.dumps(arguments, ensure_ascii=False))


class WorstCase:
    """A model that follows a script; at the end of the probe's budget it gives up and just answers.

    Args:
        connect: called for every connection that a tool would make.

    Attributes:
        requested_calls: every tool call it asked for, in order, also those that were cut off.
    """

    virtual_time = True

    def __init__(
        self,
        script: Script,
        scenario: Scenario,
        connect: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requested_calls: list[ToolCall] = []
        self._script = script
        self._user_turns = scenario.user_turns
        self._payloads = tuple(scenario.probe.payloads)
        self._connect = connect
        self._calls_left = scenario.probe.budget.steps
        self._clock = clock
        self._deadline = clock() + scenario.probe.budget.seconds
        self._task = iter(script.task)
        self._actions_done = 0
        self._final_answer = script.answer
        self._ids = count(1)

    @property
    def unfinished(self) -> bool:
        """True if it began to obey, and was not let go on to the end."""
        return 0 < self._actions_done < len(self._script.actions) and not self._given_up()

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The next turn. Each call is as long as it may be, so that it costs what it may cost."""
        self._calls_left -= 1
        turn = self._next(request)
        calls = tuple(ToolCall(f"call_{next(self._ids)}", call.name, call.arguments) for call in turn.calls)
        self.requested_calls.extend(calls)
        usage = Usage(output_tokens=request.max_output_tokens)
        return ModelReply(turn.text or "", calls, usage, latency_ms=0.0)

    async def aclose(self) -> None:
        """Nothing to release."""

    def _next(self, request: ModelRequest) -> ScriptedTurn:
        if (call := next(self._task, None)) is not None:
            return ScriptedTurn((call,))
        if self._given_up() or not self._in_last_turn(request) or not self._reached(request):
            return ScriptedTurn(text=self._script.answer)
        for action in self._script.actions[self._actions_done :]:
            self._actions_done += 1
            if action.connect is None:
                self._final_answer = action.text or self._final_answer
                return action
            self._connect(action.connect)
        return ScriptedTurn(text=self._final_answer)

    def _given_up(self) -> bool:
        return self._calls_left < 0 or self._clock() > self._deadline

    def _in_last_turn(self, request: ModelRequest) -> bool:
        seen = sum(
            message.role == "user" and message.content in self._user_turns for message in request.messages
        )
        return seen >= len(self._user_turns)

    def _reached(self, request: ModelRequest) -> bool:
        return all(_can_be_read(payload, request) for payload in self._payloads)


def _can_be_read(payload: Payload, request: ModelRequest) -> bool:
    payload_text = _single_spaced(payload.text)[:_RECOGNISED]
    return any(payload_text in text for text in _read_by_model(payload, request))


def _read_by_model(payload: Payload, request: ModelRequest) -> Iterator[str]:
    """What the model can read in the place where the payload stands."""
    if payload.at == "tool_description":
        yield from (_single_spaced(offer.description) for offer in request.tools)
        return
    role = "user" if payload.at == "input" else "tool"
    for message in request.messages:
        if message.role == role:
            yield _single_spaced(message.content)
            yield from map(_single_spaced, _texts_in(message.content))


def _texts_in(content: str) -> Iterator[str]:
    """The texts of a result that is JSON: escapes are no obstacle to a model."""
    try:
        yield from _leaves(strict_json(content))
    except ValueError:
        return


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _leaves(part))
    elif isinstance(value, list):
        yield from (text for part in value for text in _leaves(part))


def _single_spaced(text: str) -> str:
    return " ".join(text.split())
