"""The gatekeeper: may this tool call happen, must a person agree, or is it refused?

Nothing is allowed that the files do not declare. The order is: size, parse, declared tool, arguments,
verbs, taint, approval; the first rule that objects answers. `Decision.rule` is one of

    oversize  invalid_json  duplicate_key  unknown_tool  invalid_arguments  verb_not_allowed
    tainted_destination  approval_required  allowed
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.spec import HTTP_VERBS, ToolSpec
from agent_runtime.files.documents import DuplicateKey, canonical_json, writable_json
from agent_runtime.guard.contract import violations
from agent_runtime.guard.taint import NOTHING_READ, Sources, Tainted, tainted_destinations
from agent_runtime.records import Decision, Outcome, ToolCall
from agent_runtime.visible import exact_json

MAX_ARGUMENTS = 65_536
"""Characters of argument text: several times what a model writes in one answer."""

_NO_ARGUMENTS: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
_APPLICATORS = {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas"}
"""Keywords whose subschemas may name properties too; `additionalProperties` does not see those."""


def decide(manifest: Manifest, call: ToolCall, sources: Sources = NOTHING_READ) -> Decision:
    """Allow, deny or ask, with the rule and a reason that lets the model repair its call.

    The decision carries the parsed arguments unless it is a denial.

    Args:
        sources: what was said and read in this run before the call.
    """
    arguments = _parse(call.arguments)
    if isinstance(arguments, Decision):
        return arguments
    tool = manifest.spec.tool(call.name)
    if tool is None:
        return _deny("unknown_tool", _no_such_tool(manifest, call.name))
    if problems := violations(argument_schema(tool), arguments):
        return _deny("invalid_arguments", f"the arguments of {tool.name} are refused: {'; '.join(problems)}")
    if refusal := _undeclared_verb(tool):
        return _deny("verb_not_allowed", refusal)
    if tainted := _tainted(manifest, tool, arguments, sources):
        return Decision(Outcome.ASK, "tainted_destination", _destination_from_tool(tool, tainted), arguments)
    if tool.needs_approval:
        return Decision(
            Outcome.ASK, "approval_required", f"a person must agree before {tool.name} runs", arguments
        )
    return Decision(Outcome.ALLOW, "allowed", arguments=arguments)


def argument_schema(tool: ToolSpec) -> Mapping[str, Any]:
    """What the gate holds a call's arguments to, and what the model is therefore shown.

    A tool without `arguments:` takes none. A schema that does not say what it thinks of further
    properties refuses them; `additionalProperties: true` lets them in.
    """
    schema = tool.arguments
    if schema is None:
        return _NO_ARGUMENTS
    if "additionalProperties" in schema or "unevaluatedProperties" in schema:
        return schema
    closing = "unevaluatedProperties" if _APPLICATORS & schema.keys() else "additionalProperties"
    return {**schema, closing: False}


def approval_hash(
    manifest: Manifest, run_id: str, step_index: int, tool: str, arguments: Mapping[str, Any]
) -> str:
    """What an approval is bound to: this call, of this run, under these files; `sha256:` and 64 digits.

    The manifest's fingerprint covers the spec, the policy and every file they reference.
    """
    whole = {
        "agent": manifest.spec.name,
        "manifest": manifest.fingerprint,
        "run": run_id,
        "step": step_index,
        "tool": tool,
        "arguments": arguments,
    }
    return "sha256:" + hashlib.sha256(canonical_json(whole).encode()).hexdigest()


def arguments_for_approval(arguments: Mapping[str, Any]) -> str:
    """The text a person approves: canonical JSON in which nothing is invisible or changes direction.

    Escapes are JSON's own, so the text still parses to exactly the arguments that were hashed.
    """
    return exact_json(canonical_json(arguments))


def _parse(text: str) -> dict[str, Any] | Decision:
    """The arguments; blank text is what some models write for none."""
    if len(text) > MAX_ARGUMENTS:
        return _deny("oversize", f"the arguments are longer than {MAX_ARGUMENTS:,} characters")
    try:
        arguments = writable_json(text) if text.strip() else {}
    except DuplicateKey as error:
        return _deny("duplicate_key", f"the arguments are ambiguous: {error}")
    except ValueError as error:
        return _deny("invalid_json", f"the arguments are not valid JSON: {error}")
    if not isinstance(arguments, dict):
        return _deny("invalid_arguments", "the arguments must be one JSON object")
    return arguments


def _tainted(
    manifest: Manifest, tool: ToolSpec, arguments: Mapping[str, Any], sources: Sources
) -> tuple[Tainted, ...]:
    """Destinations that a tool result named; what agent.yaml lists as a tool's own values is trusted."""
    if manifest.policy.approvals.tainted_destinations == "allow":
        return ()
    known = Sources((*sources.trusted, canonical_json(argument_schema(tool))), sources.results)
    return tainted_destinations(arguments, known, urls_only=tool.read_only)


def _destination_from_tool(tool: ToolSpec, tainted: Sequence[Tainted]) -> str:
    first = tainted[0]
    value = first.value if len(first.value) <= 80 else f"{first.value[:79]}…"
    others = f" (and {len(tainted) - 1} more)" if len(tainted) > 1 else ""
    return (
        f"a person must agree before {tool.name} runs: {first.path} is {value!a}{others}, "
        "which a tool result named and the user did not"
    )


def _deny(rule: str, reason: str) -> Decision:
    return Decision(Outcome.DENY, rule, reason)


def _no_such_tool(manifest: Manifest, name: str) -> str:
    declared = ", ".join(tool.name for tool in manifest.spec.tools) or "none"
    return f"there is no tool {name[:80]!a}; the tools are: {declared}"


def _undeclared_verb(tool: ToolSpec) -> str | None:
    http = tool.implementation.http if tool.implementation else None
    if http is None or HTTP_VERBS[http.method] in tool.allow:
        return None
    return f"{tool.name} makes a {http.method} request ({HTTP_VERBS[http.method]}), which its allow: does not list"
