"""The values of a run that a target gets, found without starting it."""

from __future__ import annotations

import ast
from pathlib import Path

from agent_runtime.errors import InvalidInput
from evals.suite.suite import Suite
from evals.targets.exchange import request
from evals.targets.process import python_worker
from evals.targets.python_file import source_of

_TO_A_PROGRAM = request.NAMES - {"stubs"}
"""A program gets everything on its stdin, but nothing says that it makes its tools return the stubs."""


def declared_inputs(suite: Suite) -> frozenset[str]:
    """Names of `evals.targets.exchange.request.NAMES` that reach the agent, as far as its description says."""
    written = suite.target
    if written.http is not None:
        return request.names_asked_for(written.http)
    if written.python is not None:
        return _parameters(suite.root, written.python.function)
    return _TO_A_PROGRAM if written.command is not None else request.NAMES


def _parameters(root: Path, reference: str) -> frozenset[str]:
    """Parameters of `file.py:function` that have a namesake; a function that only its module knows takes the input."""
    try:
        module = ast.parse(source_of(root, reference, ours=False))
    except (InvalidInput, ValueError, SyntaxError):
        return frozenset({"input"})
    name = reference.partition(":")[2]
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            taken = {one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
            return frozenset(taken & {*python_worker.NAMES}) or frozenset({"input"})
    return frozenset({"input"})
