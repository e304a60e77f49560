"""The OpenAI chat-completions format: a ModelRequest as JSON, and JSON as a ModelReply. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_runtime.models.interface import ModelReply, ModelRequest, ToolOffer
from agent_runtime.records import Message, ToolCall, Usage

# What `tools[].function.name` may be: https://platform.openai.com/docs/api-reference/chat/create
_UNSAFE = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST_NAME = 64


class NotACompletion(ValueError):
    """The JSON has not the form of a completion."""


@dataclass(frozen=True, slots=True)
class WireNames:
    """Tool names as the format allows them (letters, digits, _ and -), one to one within a request."""

    wire: Mapping[str, str]
    own: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> WireNames:
        """Unlike names get unlike wire names: `kb.search` beside `kb_search` becomes `kb_search_2`."""
        distinct = list(dict.fromkeys(names))
        # Names that fit keep themselves, all of them first: `kb_search` must not lose its name to `kb.search`.
        wire = {
            name: name for name in distinct if _UNSAFE.search(name) is None and len(name) <= _LONGEST_NAME
        }
        taken = set(wire)
        for name in distinct:
            if name not in wire:
                wire[name] = _free_name(_UNSAFE.sub("_", name), taken)
                taken.add(wire[name])
        return cls(wire, {safe: name for name, safe in wire.items()})

    def to_wire(self, name: str) -> str:
        """The wire name of `name`."""
        return self.wire[name]

    def from_wire(self, name: str) -> str:
        """Our name; one that was never offered stays as it is, for the gate to refuse."""
        return self.own.get(name, name)


def names_of(request: ModelRequest) -> WireNames:
    """Wire names for every tool offered, and for every one called earlier in the conversation."""
    called = (call.name for message in request.messages for call in message.tool_calls)
    return WireNames.of([*(offer.name for offer in request.tools), *called])


def messages_of(messages: Sequence[Message], names: WireNames) -> list[dict[str, Any]]:
    """The conversation in the format."""
    return [_message(message, names) for message in messages]


def tools_of(offers: Sequence[ToolOffer], names: WireNames) -> list[dict[str, Any]]:
    """The tools in the format."""
    return [
        {
            "type": "function",
            "function": {
                "name": names.to_wire(offer.name),
                "description": offer.description,
                "parameters": dict(offer.arguments) or {"type": "object", "properties": {}},
            },
        }
        for offer in offers
    ]


def reply_of(
    data: Any, names: WireNames, *, latency_ms: float, upper_bound: Usage, cached: bool | None = None
) -> ModelReply:
    """The reply in a completion.

    Args:
        upper_bound: most tokens it can have cost; taken, and said so, if the provider counted nothing.

    Raises:
        NotACompletion: it has no message.
    """
    choice = _mapping(_first(_mapping(data).get("choices")))
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise NotACompletion("the answer holds no message")
    usage = _usage(_mapping(data).get("usage"))
    return ModelReply(
        text=_text(message.get("content")) or _text(message.get("refusal")),
        tool_calls=_tool_calls(message.get("tool_calls"), names),
        usage=usage or upper_bound,
        latency_ms=latency_ms,
        finish_reason=_text(choice.get("finish_reason")) or "stop",
        model=_text(data.get("model")),
        response_id=_text(data.get("id")) or None,
        cached=cached,
        usage_estimated=usage is None,
        system_fingerprint=_text(data.get("system_fingerprint")) or None,
    )


def _free_name(preferred: str, taken: set[str]) -> str:
    name, number = preferred[:_LONGEST_NAME], 2
    while name in taken:
        ending = f"_{number}"
        name, number = preferred[: _LONGEST_NAME - len(ending)] + ending, number + 1
    return name


def _message(message: Message, names: WireNames) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        encoded["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": names.to_wire(call.name), "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        encoded["tool_call_id"] = message.tool_call_id
    return encoded


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _text(value: Any) -> str:
    """Text, also where it comes in parts; half a surrogate pair, which no file can hold, becomes `?`."""
    if isinstance(value, list):
        return "".join(_text(_mapping(part).get("text")) for part in value)
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _tool_calls(value: Any, names: WireNames) -> tuple[ToolCall, ...]:
    calls = [_mapping(call) for call in value] if isinstance(value, list) else []
    return tuple(_tool_call(call, index, names) for index, call in enumerate(calls))


def _tool_call(call: Mapping[str, Any], index: int, names: WireNames) -> ToolCall:
    function = _mapping(call.get("function"))
    arguments = function.get("arguments")
    encoded = (
        # Compatible servers exist that send an object where the format says text.
        arguments if isinstance(arguments, str) else json.dumps(arguments if arguments is not None else {})
    )
    return ToolCall(
        id=_text(call.get("id")) or f"call_{index}",
        name=names.from_wire(_text(function.get("name"))),
        arguments=encoded or "{}",
    )


def _usage(value: Any) -> Usage | None:
    """Prompt tokens served from the provider's cache are counted in full: a cap is never passed by a rebate."""
    counts = _mapping(value)
    prompt, completion = counts.get("prompt_tokens"), counts.get("completion_tokens")
    # `type`, since True is an int to isinstance; what is no count is no count at all, and the bound is taken.
    if type(prompt) is not int or type(completion) is not int or prompt < 0 or completion < 0:
        return None
    return Usage(prompt, completion)
