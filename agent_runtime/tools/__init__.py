"""Tools: what an agent can do. `open_tools` makes those the manifest names."""

from __future__ import annotations

from collections.abc import Mapping

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.manifest import Manifest
from agent_runtime.spec import Implementation, ToolSpec
from agent_runtime.tools.interface import Tool
from agent_runtime.tools.python_file import open_python


def open_tools(manifest: Manifest, environ: Mapping[str, str], *, evals: bool) -> Mapping[str, Tool]:
    """The agent's tools by name, without those that have nothing to run.

    Args:
        evals: touch nothing: what goes beyond reading runs its `eval:` or is left out, and the caller
            puts a case's stub in its place or says that there is none.

    Raises:
        InvalidInput: with every problem of every tool.
    """
    tools: dict[str, Tool] = {}
    problems: list[Problem] = []
    for spec in manifest.spec.tools:
        implementation = implementation_of(spec, evals=evals)
        if implementation is None:
            continue
        try:
            tools[spec.name] = _open(spec, implementation, manifest, environ)
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return tools


def implementation_of(spec: ToolSpec, *, evals: bool) -> Implementation | None:
    """What runs when the tool is called; None if nothing may."""
    if not evals:
        return spec.implementation
    return spec.eval or (spec.implementation if spec.read_only else None)


def _open(
    spec: ToolSpec, implementation: Implementation, manifest: Manifest, environ: Mapping[str, str]
) -> Tool:
    keyed = spec.idempotency == "key"
    if implementation.python is not None:
        needs_key = keyed and implementation is spec.implementation  # a stub need not remember keys
        return open_python(manifest.root, implementation.python, spec.name, needs_key=needs_key)
    if implementation.http is None:
        raise AssertionError("unreachable: an implementation has exactly one kind")
    from agent_runtime.tools.http import open_http  # aiohttp is heavy
    from agent_runtime.wire import Wire

    wire = Wire(manifest.policy.domains_allowlist)
    return open_http(implementation.http, spec.name, manifest.policy, environ, wire, sends_key=keyed)
