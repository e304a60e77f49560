"""The agent under test: ours, or anybody's. `open_target` makes the one a suite names."""

from __future__ import annotations

from collections.abc import Mapping

from agent_runtime.agent.manifest import Manifest
from agent_runtime.errors import InvalidInput
from evals.suite.suite import Suite
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
    target = _runtime(suite, manifest, environ) if manifest else _foreign(suite, environ, concurrency)
    if suite.target.recorded is not None:
        return target
    from evals.targets.fixtures import with_fixtures

    return with_fixtures(target, suite, environ)


def _foreign(suite: Suite, environ: Mapping[str, str], concurrency: int) -> Target:
    written = suite.target
    if written.python is not None and written.python.isolate:
        from evals.targets.python_process import IsolatedAgent

        return IsolatedAgent(suite, written.python, environ)
    if written.python is not None:
        from evals.targets.python_file import PythonAgent

        return PythonAgent(suite, written.python, environ)
    if written.command is not None:
        from evals.targets.command import CommandAgent

        return CommandAgent(suite, written.command, environ)
    if written.recorded is not None:
        from evals.targets.recorded import RecordedAgent

        return RecordedAgent(suite, written.recorded)
    from evals.targets.http import HttpAgent

    return HttpAgent(suite, concurrency=concurrency, environ=environ)


def _runtime(suite: Suite, manifest: Manifest, environ: Mapping[str, str]) -> Target:
    from agent_runtime.telemetry import open_telemetry
    from evals.targets.runtime import RuntimeAgent, unstubbed_tools

    if problems := unstubbed_tools(manifest, suite.cases):
        raise InvalidInput(problems)
    return RuntimeAgent(manifest, open_telemetry(environ), environ)
