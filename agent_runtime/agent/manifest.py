"""Spec + policy + everything they reference, and one fingerprint over it all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from agent_runtime.agent.openapi import Operation, Unusable, operation_of
from agent_runtime.agent.policy import Policy, PolicyFile
from agent_runtime.agent.spec import HTTP_VERBS, AgentFile, AgentSpec, Implementation, OpenApiCall, ToolSpec
from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import Document, canonical_json, parse, read_text, read_yaml, strict_json
from agent_runtime.files.json_schema import why_not_schema
from agent_runtime.records import RECORDED

_PATH = re.compile(r"^[^\s{}<>]+\.(md|txt|prompt)$")
_SCRIPT = re.compile(r"^[^/-].*\.(py|js|mjs|ts)$")
"""Words of a server's command that are source of this project, and so part of its fingerprint."""


class RecordingMode(StrEnum):
    """What a recording is used for."""

    RECORD = "record"
    REPLAY = "replay"
    REPLAY_OR_RECORD = "replay-or-record"


@dataclass(frozen=True, slots=True)
class Recording:
    """The file that the model's answers go to, or come from."""

    path: Path
    tape: RecordingMode


@dataclass(frozen=True)
class Manifest:
    """An agent, its policy and their references, checked together.

    Attributes:
        root: the folder of agent.yaml; no reference leads out of it or of the policy's folder.
        prompt: the system prompt's text.
        contract: JSON Schema of the final answer, or None.
        simulation: the file of the sim: model, with its lines; None for a real model.
        digests: sha256 per referenced file, by its path relative to `root`.
        recording: where answers are recorded or replayed from; no part of what the agent is.
    """

    spec: AgentSpec
    policy: Policy
    root: Path
    prompt: str
    contract: Mapping[str, Any] | None = None
    simulation: Document | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    recording: Recording | None = None

    @property
    def replayed(self) -> bool:
        """True if answers may come from a recording."""
        return self.recording is not None and self.recording.tape is not RecordingMode.RECORD

    @property
    def simulated(self) -> bool:
        """True if not every answer comes from a real model, now."""
        return self.spec.simulated or self.replayed

    @property
    def model_label(self) -> str:
        """The model, as results name it."""
        return f"{RECORDED}{self.spec.model}" if self.replayed else self.spec.model

    @property
    def fingerprint(self) -> str:
        """sha256 of the canonical form: the same text wherever and whenever it is computed."""
        whole = {
            "agent": self.spec.model_dump(mode="json", exclude_defaults=True),
            "policy": self.policy.model_dump(mode="json", exclude_defaults=True),
            "files": dict(self.digests),
        }
        return "sha256:" + hashlib.sha256(canonical_json(whole).encode()).hexdigest()


def load_manifest(agent_path: Path, policy_path: Path | None = None, model: str | None = None) -> Manifest:
    """Read agent.yaml and policy.yaml (default: beside it) and everything they reference.

    Args:
        model: replaces the model of agent.yaml, as `--model` does.

    Raises:
        InvalidInput: with every problem of both files and their references.
    """
    problems: list[Problem] = []
    agent = _read(agent_path, AgentFile, problems)
    policy_path = policy_path or agent_path.parent / "policy.yaml"
    policy = _read(policy_path, PolicyFile, problems)
    if agent is None or policy is None:
        raise InvalidInput(problems)
    agent_document, agent_file = agent
    policy_document, policy_file = policy
    spec = agent_file.agent if model is None else _with_model(agent_file.agent, model)
    references = _References(agent_path.parent, problems)
    spec = _with_operations(spec, agent_document, references)
    manifest = Manifest(
        spec=spec,
        policy=policy_file.policy,
        root=agent_path.parent,
        prompt=_prompt(spec, agent_document, references),
        contract=_contract(policy_file.policy, policy_path.parent, policy_document, references),
        simulation=_simulation(spec, agent_document, references),
        digests=references.digests,
    )
    for index, tool in enumerate(spec.tools):
        problems.extend(_check_tool(tool, index, agent_document, references))
    if problems:
        raise InvalidInput(problems)
    return manifest


def read_operation(root: Path, call: OpenApiCall, tool: str) -> Operation:
    """The operation that a tool of agent.yaml names.

    Raises:
        InvalidInput: the document cannot be read, or the operation in it cannot be a tool.
    """
    try:
        return operation_of(read_yaml(resolve_inside(root, call.spec), foreign=True).data, call)
    except Unusable as error:
        what = f"operation '{call.operation}' of tool '{tool}': the document {error}"
        raise InvalidInput.one(call.spec, what, error.fix) from None


def resolve_inside(root: Path, reference: str) -> Path:
    """The file `reference` names below `root`.

    Raises:
        ValueError: if it is absolute or leads out of `root`, by `..` or by a symbolic link.
    """
    target = (root / reference).resolve()
    if Path(reference).is_absolute() or not target.is_relative_to(root.resolve()):
        raise ValueError(f"'{reference}' leads out of the project folder")
    return target


class _References:
    """Reads referenced files once, noting digests and problems."""

    def __init__(self, root: Path, problems: list[Problem]) -> None:
        self.root = root
        self.problems = problems
        self.digests: dict[str, str] = {}

    def text(
        self, reference: str, document: Document, location: tuple[str | int, ...], base: Path | None = None
    ) -> str | None:
        base = base or self.root
        try:
            target = resolve_inside(base, reference)
            content = read_text(target)
        except ValueError as error:
            self.problems.append(document.problem(location, str(error), "keep it beside agent.yaml or below"))
            return None
        except InvalidInput as error:
            what = f"'{reference}' {error.problems[0].what}"
            self.problems.append(
                document.problem(location, what, f"write {base / reference}, or correct the path")
            )
            return None
        self.digests[reference] = hashlib.sha256(content.encode()).hexdigest()
        return content


def _read(path: Path, shape: Any, problems: list[Problem]) -> Any:
    try:
        document = read_yaml(path)
        return document, parse(document, shape)
    except InvalidInput as error:
        problems.extend(error.problems)
        return None


def _with_model(spec: AgentSpec, model: str) -> AgentSpec:
    if not re.match(r"^[a-z0-9_]+:\S+$", model):
        raise InvalidInput.one(
            "--model", f"'{model}' is not provider:model", "write e.g. openai:gpt-4.1-mini"
        )
    return spec.model_copy(update={"model": model})


def _prompt(spec: AgentSpec, document: Document, references: _References) -> str:
    if not _PATH.match(spec.prompt):
        return spec.prompt
    return references.text(spec.prompt, document, ("agent", "prompt")) or ""


def _contract(
    policy: Policy, base: Path, document: Document, references: _References
) -> Mapping[str, Any] | None:
    if policy.output_contract is None:
        return None
    location = ("policy", "output_contract", "schema_ref")
    text = references.text(policy.output_contract.schema_ref, document, location, base)
    if text is None:
        return None
    try:
        schema = strict_json(text)
        if not isinstance(schema, dict):
            raise ValueError("it must be an object; `true` and `false` describe no answer")
        if (reason := why_not_schema(schema)) is not None:
            raise ValueError(reason)
    except ValueError as error:
        what = f"'{policy.output_contract.schema_ref}' is not a usable JSON Schema: {error}"
        references.problems.append(document.problem(location, what, "correct the schema file"))
        return None
    return dict(schema)


def _with_operations(spec: AgentSpec, document: Document, references: _References) -> AgentSpec:
    """The spec with what OpenAPI documents say about tools that say less themselves."""
    tools = [_with_operation(tool, index, document, references) for index, tool in enumerate(spec.tools)]
    return spec.model_copy(update={"tools": tools})


def _with_operation(tool: ToolSpec, index: int, document: Document, references: _References) -> ToolSpec:
    call = tool.implementation.openapi if tool.implementation else None
    location = ("agent", "tools", index, "implementation")
    if call is None or references.text(call.spec, document, location) is None:
        return tool
    try:
        operation = read_operation(references.root, call, tool.name)
    except InvalidInput as error:
        references.problems.extend(error.problems)
        return tool
    if HTTP_VERBS[operation.method] not in tool.allow:
        references.problems.append(_undeclared(tool, operation.method, document, location))
    return tool.model_copy(
        update={
            "arguments": operation.arguments if tool.arguments is None else tool.arguments,
            "description": tool.description or operation.description,
        }
    )


def _undeclared(tool: ToolSpec, method: str, document: Document, location: tuple[str | int, ...]) -> Problem:
    verb = HTTP_VERBS[method]
    what = f"'{tool.name}' makes a {method} request, which means '{verb}', but may not"
    return document.problem(location, what, f'add "{verb}" to its allow:, or change the method')


def _simulation(spec: AgentSpec, document: Document, references: _References) -> Document | None:
    if not spec.simulated:
        return None
    name = spec.model.partition(":")[2]
    if references.text(name, document, ("agent", "model")) is None:
        return None
    try:
        return read_yaml(references.root / name)
    except InvalidInput as error:
        references.problems.extend(error.problems)
        return None


def _check_tool(tool: ToolSpec, index: int, document: Document, references: _References) -> list[Problem]:
    location = ("agent", "tools", index)
    problems: list[Problem] = []
    if tool.arguments is not None and (reason := why_not_schema(tool.arguments)) is not None:
        what = f"arguments of '{tool.name}' are not a usable JSON Schema: {reason}"
        problems.append(document.problem((*location, "arguments"), what, "see json-schema.org"))
    for key, implementation in (("implementation", tool.implementation), ("eval", tool.eval)):
        if implementation is not None:
            problems.extend(
                _check_implementation(tool, implementation, (*location, key), document, references)
            )
    return problems


def _check_implementation(
    tool: ToolSpec,
    implementation: Implementation,
    location: tuple[str | int, ...],
    document: Document,
    references: _References,
) -> list[Problem]:
    if implementation.python is not None:
        references.text(implementation.python.partition(":")[0], document, location)
    if implementation.mcp is not None:
        for word in filter(_SCRIPT.search, implementation.mcp.words if implementation.mcp.command else []):
            references.text(word, document, location)
    http = implementation.http
    if http is not None and HTTP_VERBS[http.method] not in tool.allow:
        return [_undeclared(tool, http.method, document, location)]
    return []
