"""A model that needs no key: stochastic, reproducible, and no more than its file declares.

A reply is a function of the request alone. What the model decides once per run (does it do the task
right, and if not, how wrong) is drawn from the run's seed; failures are drawn anew for every call, from
the seed, the number of its turns so far and the attempt.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_runtime.files.documents import canonical_json
from agent_runtime.files.placeholders import fill
from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest
from agent_runtime.models.simulation import (
    Behaviour,
    PlannedCall,
    Simulation,
    Way,
    search_pattern,
    single_spaced,
)
from agent_runtime.records import Message, ToolCall, Usage

CHARACTERS_PER_TOKEN = 4
"""Of English: https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them"""
_TOKENS_AROUND_A_MESSAGE = 4
"""Role and separators. Chosen: a simulated bill need only be of the right size."""
_REFUSAL = "I'm sorry, but I can't help with that request."
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,10})?", re.ASCII)


class SimulatedModel:
    """The model of one simulation file."""

    virtual_time = True

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Answer once, at once; `latency_ms` is what the call would have taken.

        Raises:
            ModelError: a drawn rate limit or timeout.
        """
        return reply_to(request, self._simulation)

    async def aclose(self) -> None:
        """Nothing to release."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A tool call to make; `arguments` is JSON, unless a failure broke it."""

    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class _Answer:
    text: str


_Action = _Call | _Answer


@dataclass(frozen=True, slots=True)
class _MadeCall:
    """A tool call made earlier for the task in hand, and what came of it."""

    call: _Call
    failed: bool


@dataclass(frozen=True, slots=True)
class _Task:
    """What the model was asked, and what it did about it so far.

    Attributes:
        behaviour: None if no behaviour matches.
        instructed: True if a person or the critic spoke last, rather than a tool.
    """

    behaviour: Behaviour | None
    captures: Mapping[str, str]
    done: Sequence[_MadeCall]
    instructed: bool


def reply_to(request: ModelRequest, simulation: Simulation) -> ModelReply:
    """The reply the file declares for this request.

    Raises:
        ModelError: a drawn rate limit or timeout.
    """
    task = _task(request.messages, simulation)
    way = _way(task.behaviour, simulation, request)
    planned = [_planned(call, task) for call in way.calls]
    turns = sum(message.role == "assistant" for message in request.messages)
    dice = _dice("call", request.seed, turns, request.attempt, request.model)
    # Drawn before the failure, whatever it will be: the order of draws is what makes a run repeat itself.
    latency_ms = dice.lognormvariate(math.log(simulation.latency_ms.median), simulation.latency_ms.sigma)
    failure = _failure(dice, simulation, request.temperature)
    _raise_provider_failure(failure, simulation, request, latency_ms)
    action = _with_failure(failure, _next(planned, way, task), task, request, dice)
    return _reply(_looping(planned, task) or action, request, latency_ms)


def _dice(*seeds: object) -> random.Random:
    digest = hashlib.sha256(canonical_json(list(seeds)).encode(errors="surrogatepass")).digest()
    return random.Random(int.from_bytes(digest[:8]))  # noqa: S311 - a simulation, not a secret


def _task(messages: Sequence[Message], simulation: Simulation) -> _Task:
    asked = [index for index, message in enumerate(messages) if message.role == "user"]
    # The latest message that a behaviour knows: feedback of the critic belongs to the task before it.
    for index in reversed(asked):
        said = single_spaced(messages[index].content)
        for behaviour in simulation.behaviours:
            if (match := search_pattern(behaviour.when, said)) is not None:
                captures = {name: value or "" for name, value in match.groupdict().items()}
                return _task_since(messages[index + 1 :], behaviour, captures, simulation)
    start = asked[-1] + 1 if asked else len(messages)
    return _task_since(messages[start:], None, {}, simulation)


def _task_since(
    messages: Sequence[Message],
    behaviour: Behaviour | None,
    captures: Mapping[str, str],
    simulation: Simulation,
) -> _Task:
    results = {message.tool_call_id: message.content for message in messages if message.role == "tool"}
    done = [
        _MadeCall(_Call(call.name, call.arguments), _failed(results[call.id], simulation))
        for message in messages
        for call in message.tool_calls
        if call.id in results
    ]
    instructed = not messages or messages[-1].role != "tool"
    return _Task(behaviour, captures, done, instructed)


def _failed(result: str, simulation: Simulation) -> bool:
    return search_pattern(simulation.trouble, single_spaced(result[:2000])) is not None


def _way(behaviour: Behaviour | None, simulation: Simulation, request: ModelRequest) -> Way:
    """The way taken in this run: drawn from the run's seed, so it is the same at every turn."""
    if behaviour is None:
        return simulation.default
    dice = _dice("skill", request.seed, request.model, behaviour.name)
    if dice.random() < behaviour.skill.chance(_system_prompt(request.messages)):
        return behaviour
    return dice.choices(behaviour.otherwise, [way.weight for way in behaviour.otherwise])[0]


def _system_prompt(messages: Sequence[Message]) -> str:
    """The system messages the conversation opens with; a later one is feedback, not the prompt."""
    opening: list[str] = []
    for message in messages:
        if message.role != "system":
            break
        opening.append(message.content)
    return single_spaced(" ".join(opening))


def _next(planned: Sequence[_Call], way: Way, task: _Task) -> _Action:
    """The first planned call that is still to be made, else the answer."""
    position = 0
    for done in task.done:
        if position == len(planned) or done.call.tool != planned[position].tool:
            continue
        as_planned = _same(done.call, planned[position])
        if not as_planned and position and _same(done.call, planned[position - 1]):
            continue  # a repeat of the call before, not this one made differently
        if done.failed and as_planned and task.behaviour is not None and task.behaviour.on_denied is not None:
            return _Answer(_filled(task.behaviour.on_denied, task))
        if as_planned or not done.failed:
            position += 1
    return planned[position] if position < len(planned) else _Answer(_filled(way.answer, task))


def _planned(call: PlannedCall, task: _Task) -> _Call:
    return _Call(call.tool, _json(fill(call.arguments, task.captures, _native(task))))


def _filled(answer: Any, task: _Task) -> str:
    filled = fill(answer, task.captures, _native(task))
    return filled if isinstance(filled, str) else _json(filled)


def _native(task: _Task) -> Any:
    kept_text = task.behaviour.text if task.behaviour is not None else []

    def number_if_numeric(name: str, value: str) -> Any:
        numeric = None if name in kept_text else _NUMBER.fullmatch(value)
        if numeric is None:
            return value
        return float(value) if numeric[1] else int(value)

    return number_if_numeric


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _same(one: _Call, other: _Call) -> bool:
    return (one.tool, one.arguments) == (other.tool, other.arguments)


def _looping(planned: Sequence[_Call], task: _Task) -> _Call | None:
    """The call the model is stuck with: made more often in a row than planned, and nobody said stop."""
    if task.instructed or not task.done or task.done[-1].failed:
        return None
    last = task.done[-1].call
    repeats = next(
        (n for n, done in enumerate(reversed(task.done)) if not _same(done.call, last)), len(task.done)
    )
    return last if repeats > max(1, sum(_same(call, last) for call in planned)) else None


def _failure(dice: random.Random, simulation: Simulation, temperature: float) -> str | None:
    """At most one failure, each as often as declared; together never more often than always."""
    scale = 1 + simulation.temperature_factor * temperature
    rates = {name: rate * scale for name, rate in simulation.failures.rates.items()}
    # Scaled only where temperature pushes the sum above 1: below it the rest of the line is success.
    point = dice.random() * max(1.0, sum(rates.values()))
    for name, rate in rates.items():
        if point < rate:
            return name
        point -= rate
    return None


def _raise_provider_failure(
    failure: str | None, simulation: Simulation, request: ModelRequest, latency_ms: float
) -> None:
    if failure == "rate_limit":
        raise ModelError(
            "simulated: the provider answered 429, too many requests",
            kind="rate_limited",
            retry_after=simulation.retry_after_seconds,
            latency_ms=latency_ms,
        )
    if failure == "timeout":
        seconds = min(simulation.hang_seconds, request.timeout_seconds)
        raise ModelError(
            f"simulated: the provider did not answer in {seconds:g} s",
            kind="timeout",
            latency_ms=seconds * 1000,
        )


def _with_failure(
    failure: str | None, action: _Action, task: _Task, request: ModelRequest, dice: random.Random
) -> _Action:
    """The action with the drawn failure, or unchanged if that failure makes no sense here."""
    if failure == "refusal":
        return _Answer(_REFUSAL)
    if failure == "loop" and task.done:
        return task.done[-1].call
    if failure == "malformed_json" and isinstance(action, _Answer):
        return _Answer(_malformed(action.text, dice))
    if failure == "wrong_tool" and isinstance(action, _Call):
        others = [offer.name for offer in request.tools if offer.name != action.tool]
        return _Call(dice.choice([*others, f"{action.tool}_all"]), action.arguments)
    if failure == "bad_arguments" and isinstance(action, _Call):
        return _Call(action.tool, _bad_arguments(action.arguments, dice))
    return action


def _malformed(text: str, dice: random.Random) -> str:
    cut = text[: max(1, len(text) * 2 // 3)]
    wrapped = f"Here is the result you asked for:\n```json\n{text}\n```\nLet me know if you need more."
    return dice.choice([cut, wrapped])


def _bad_arguments(arguments: str, dice: random.Random) -> str:
    values = json.loads(arguments)
    if not values:
        return _json({"unexpected": True})
    # Sorted, so that the draw does not depend on the order in which the file names them.
    name = dice.choice(sorted(values))
    dropped = {key: value for key, value in values.items() if key != name}
    garbled = values | {name: [values[name]]}
    return dice.choice([_json(dropped), _json(garbled), arguments[:-1]])


def _reply(action: _Action, request: ModelRequest, latency_ms: float) -> ModelReply:
    identity = _identity(request)
    calls = (
        (ToolCall(f"call_{identity[:16]}", action.tool, action.arguments),)
        if isinstance(action, _Call)
        else ()
    )
    said = action.text if isinstance(action, _Answer) else ""
    text = said[: request.max_output_tokens * CHARACTERS_PER_TOKEN]
    reason = "tool_calls" if calls else "stop"
    return ModelReply(
        text=text,
        tool_calls=calls,
        usage=Usage(_input_tokens(request), _output_tokens(text, calls, request.max_output_tokens)),
        latency_ms=latency_ms,
        finish_reason=reason if text == said else "length",
        model=request.model,
        response_id=f"chatcmpl-sim-{identity[16:40]}",
        cached=False,
    )


def _identity(request: ModelRequest) -> str:
    """Names this very call, so that no two calls of a run, or of two runs, share a response id."""
    said = [[message.role, message.content] for message in request.messages]
    whole = [request.seed, request.attempt, request.model, request.temperature, said]
    return hashlib.sha256(canonical_json(whole).encode(errors="surrogatepass")).hexdigest()


def _input_tokens(request: ModelRequest) -> int:
    offers = sum(
        _tokens(offer.name + offer.description + _json(dict(offer.arguments))) for offer in request.tools
    )
    return offers + sum(
        _TOKENS_AROUND_A_MESSAGE + _tokens(message.content) + _call_tokens(message.tool_calls)
        for message in request.messages
    )


def _output_tokens(text: str, calls: Sequence[ToolCall], limit: int) -> int:
    return min(limit, max(1, _tokens(text) + _call_tokens(calls)))


def _call_tokens(calls: Sequence[ToolCall]) -> int:
    return sum(_tokens(call.name + call.arguments) for call in calls)


def _tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)
