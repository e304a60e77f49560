"""A probe and somebody's tools -> the probe about those tools: roles become names, canaries become values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.spec import ToolSpec, Verb
from agent_runtime.files.placeholders import fill
from security_pack.catalog.probe import Effect, Probe, RequiredTool

ANSWER = "answer"
"""The one placeholder that binding leaves: only the sandbox knows an answer that the contract accepts."""

_WORDS_OF_EFFECT: Mapping[Effect, frozenset[str]] = {
    Effect.MONEY: frozenset(
        [
            "pay",
            "payment",
            "payments",
            "payout",
            "refund",
            "refunds",
            "transfer",
            "charge",
            "invoice",
            "money",
            "purchase",
        ]
    ),
    Effect.MESSAGE: frozenset(
        ["mail", "email", "message", "messages", "notify", "sms", "slack", "post", "reply", "send"]
    ),
    Effect.MEMORY: frozenset(["memory", "memories", "remember", "note", "notes", "profile"]),
}
_VERB_OF_EFFECT = {Effect.DESTRUCTIVE: Verb.DELETE, Effect.MONEY: Verb.PAY, Effect.MESSAGE: Verb.SEND}
_WORDS_OF_ARGUMENT: Mapping[str, tuple[str, ...]] = {
    "recipient": (
        "recipient",
        "recipients",
        "to",
        "email",
        "address",
        "participants",
        "iban",
        "account",
        "channel",
        "destination",
    ),
    "body": ("body", "text", "message", "content", "note", "comment", "reason", "description", "subject"),
    "amount": ("amount", "total", "price", "sum", "value"),
    "url": ("url", "uri", "link", "endpoint", "webhook", "href"),
    "path": ("path", "file", "filename"),
    "query": ("query", "q", "search", "question", "term"),
    "id": ("id", "key", "number", "name"),
}

ARGUMENT_ROLES = frozenset(_WORDS_OF_ARGUMENT)
"""What a probe may call an argument of a tool that it has never seen."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Which tool plays which role.

    Attributes:
        tools: role (`read`, `write`, …) to tool name.
        arguments: role to argument role (`recipient`) to that tool's argument name (`to`).
        subject: the attacked tool; "" if the probe attacks none.
    """

    tools: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    subject: str = ""


def bindings_of(probe: Probe, tools: Sequence[ToolSpec]) -> tuple[Binding, ...] | str:
    """A binding for every tool that can play the attacked role; or why there is none, in plain words.

    The attacked role is the last required tool that changes the world, else the last one.
    """
    required = probe.requires.tools
    if not required:
        return (Binding(),)
    candidates = [[tool for tool in tools if _can_be(tool, role)] for role in required]
    for role, found in zip(required, candidates, strict=True):
        if not found:
            return _missing_tool(role)
    attacked = _attacked(required)
    bindings = []
    for subject in candidates[attacked]:
        chosen = [
            subject if at == attacked else _other_than(subject, found) for at, found in enumerate(candidates)
        ]
        bindings.append(_binding(required, chosen, subject))
    return tuple(bindings)


def bind(probe: Probe, binding: Binding, canaries: Mapping[str, str]) -> Probe:
    """The probe with every role and canary filled in; only `{{answer}}` is left.

    Raises:
        CannotFill: for a placeholder that is neither.
    """
    written = probe.model_dump(by_alias=True, exclude_unset=True)
    values = {**binding.tools, **canaries, ANSWER: "{{answer}}"}
    filled = fill(_with_argument_names(written, binding), values)
    return Probe.model_validate(filled)


def effects_of(tool: ToolSpec) -> frozenset[Effect]:
    """What a tool can do: by its verbs and, for money, messages and memory, by the words of its name."""
    effects = {Effect.READ} if Verb.READ in tool.allow else set()
    if tool.read_only:
        return frozenset(effects)
    effects.add(Effect.WRITE)
    words = _words(tool.name)
    effects |= {effect for effect, verb in _VERB_OF_EFFECT.items() if verb in tool.allow}
    effects |= {effect for effect, known in _WORDS_OF_EFFECT.items() if words & known}
    return frozenset(effects)


def argument_names(tool: ToolSpec) -> Mapping[str, str]:
    """Argument role to the name of the tool's argument that plays it, by the words of its name."""
    properties = (tool.arguments or {}).get("properties", {})
    names = properties if isinstance(properties, Mapping) else {}
    found: dict[str, str] = {}
    for role, words in _WORDS_OF_ARGUMENT.items():
        for word in words:
            if (name := next((name for name in names if word in _words(name)), None)) is not None:
                found[role] = name
                break
    return found


def _can_be(tool: ToolSpec, role: RequiredTool) -> bool:
    return role.effect in effects_of(tool) and (
        role.argument is None or role.argument in argument_names(tool)
    )


def _attacked(required: Sequence[RequiredTool]) -> int:
    changing = [at for at, role in enumerate(required) if role.effect is not Effect.READ]
    return changing[-1] if changing else len(required) - 1


def _other_than(subject: ToolSpec, found: Sequence[ToolSpec]) -> ToolSpec:
    return next((tool for tool in found if tool.name != subject.name), found[0])


def _binding(required: Sequence[RequiredTool], chosen: Sequence[ToolSpec], subject: ToolSpec) -> Binding:
    tools = {role.effect.value: tool for role, tool in zip(required, chosen, strict=True)}
    return Binding(
        tools={role: tool.name for role, tool in tools.items()},
        arguments={role: argument_names(tool) for role, tool in tools.items()},
        subject=subject.name,
    )


def _missing_tool(role: RequiredTool) -> str:
    argument = f" and takes a {role.argument}" if role.argument else ""
    doing = {
        Effect.READ: "reads",
        Effect.WRITE: "changes anything",
        Effect.DESTRUCTIVE: "deletes",
        Effect.MONEY: "moves money",
        Effect.MESSAGE: "sends messages",
        Effect.MEMORY: "remembers",
    }[role.effect]
    return f"the agent has no tool that {doing}{argument}"


_TOOL_ROLE = re.compile(r"\{\{\s*([a-z]+)\s*\}\}")


def _with_argument_names(part: Any, binding: Binding) -> Any:
    """`args:` of a call or of a call match, its keys being argument roles, under the tool's own names."""
    if isinstance(part, list):
        return [_with_argument_names(one, binding) for one in part]
    if not isinstance(part, Mapping):
        return part
    written = {key: _with_argument_names(value, binding) for key, value in part.items()}
    tool = written.get("call") or written.get("name")
    role = _TOOL_ROLE.fullmatch(tool) if isinstance(tool, str) else None
    if role is None or not isinstance(written.get("args"), Mapping):
        return written
    names = binding.arguments.get(role[1], {})
    return {**written, "args": {names.get(key, key): value for key, value in written["args"].items()}}


def _words(name: str) -> frozenset[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return frozenset(re.split(r"[^a-z0-9]+", spaced.lower()))


def applicability_of(probe: Probe, manifest: Manifest) -> tuple[Binding, ...] | str:
    """A binding for each attacked tool, at least one; or the reason why there is none, in plain words."""
    undeclared = [kind for kind in probe.requires.pii if kind not in manifest.policy.pii_redaction]
    if undeclared:
        return f"the policy does not say that it redacts {', '.join(undeclared)}"
    if probe.requires.contract and manifest.contract is None:
        return "the policy has no output contract"
    return bindings_of(probe, manifest.spec.tools)
