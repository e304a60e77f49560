"""The agent under test: ours, or anybody's. `open_target` makes the one a suite names."""

from __future__ import annotations

from collections.abc import Mapping

from agent_runtime.errors import InvalidInput
from agent_runtime.manifest import Manifest
from evals.suite import Suite
from evals.targets.interface import Target


def open_target(
    suite: Suite, manifest: Manifest | None, environ: Mapping[str, str], concurrency: int
) -> Target:
    """The target of a suite, checked and not yet started; each kind is imported only if it is the one.

    Args:
        manifest: of our own runtime's agent; None for any other target.

    Raises:
        InvalidInput: with every problem of the target, and of cases it cannot carry.
    """
    if manifest is not None:
        return _runtime(suite, manifest, environ)
    from evals.targets.http import HttpAgent

    return HttpAgent(suite, concurrency=concurrency, environ=environ)


def _runtime(suite: Suite, manifest: Manifest, environ: Mapping[str, str]) -> Target:
    from agent_runtime.telemetry import open_telemetry
    from evals.targets.runtime import RuntimeAgent, unstubbed_tools

    if problems := unstubbed_tools(manifest, suite.cases):
        raise InvalidInput(problems)
    return RuntimeAgent(manifest, open_telemetry(environ), environ)
