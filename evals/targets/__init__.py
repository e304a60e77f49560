"""The agent under test: ours, or anybody's. `open_target` makes the one that a suite names.

A new kind of target is a file here, its settings as a key of `evals.suite.suite_file.TargetSpec`, and an entry in
`OPENERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent_runtime.agent.manifest import Manifest
from agent_runtime.errors import InvalidInput
from evals.suite.suite import Suite
from evals.targets.interface import Target


@dataclass(frozen=True, slots=True)
class TargetContext:
    """What a target is opened with.

    Attributes:
        manifest: of our own runtime's agent; None for any other target.
        concurrency: how many samples run at the same time.
    """

    suite: Suite
    manifest: Manifest | None
    environ: Mapping[str, str]
    concurrency: int


def open_target(
    suite: Suite, manifest: Manifest | None, environ: Mapping[str, str], concurrency: int
) -> Target:
    """The target of a suite, checked and not yet started.

    Args:
        manifest: of our own runtime's agent; None for any other target.

    Raises:
        InvalidInput: with every problem of the target, and of cases it cannot carry.
    """
    opener = OPENERS["runtime" if manifest else suite.target.kind]
    target = opener(TargetContext(suite, manifest, environ, concurrency))
    if suite.target.recorded is not None:
        return target
    from evals.targets.fixtures import with_fixtures

    return with_fixtures(target, suite, environ)


# Each kind is imported by its opener, so that a suite pays only for the kind that it names.


def _runtime(context: TargetContext) -> Target:
    from agent_runtime.telemetry import open_telemetry
    from evals.targets.runtime import RuntimeAgent, unstubbed_tools

    if context.manifest is None:
        raise ValueError("a runtime target needs the manifest of its agent")
    if problems := unstubbed_tools(context.manifest, context.suite.cases):
        raise InvalidInput(problems)
    return RuntimeAgent(context.manifest, open_telemetry(context.environ), context.environ)


def _http(context: TargetContext) -> Target:
    from evals.targets.http import HttpAgent

    return HttpAgent(context.suite, concurrency=context.concurrency, environ=context.environ)


def _python(context: TargetContext) -> Target:
    settings = context.suite.target.python
    if settings is None:
        raise ValueError("the suite has no python target")
    if settings.isolate:
        from evals.targets.python_process import IsolatedAgent

        return IsolatedAgent(context.suite, settings, context.environ)
    from evals.targets.python_file import PythonAgent

    return PythonAgent(context.suite, settings, context.environ)


def _command(context: TargetContext) -> Target:
    from evals.targets.command import CommandAgent

    if (settings := context.suite.target.command) is None:
        raise ValueError("the suite has no command target")
    return CommandAgent(context.suite, settings, context.environ)


def _recorded(context: TargetContext) -> Target:
    from evals.targets.recorded import RecordedAgent

    if (settings := context.suite.target.recorded) is None:
        raise ValueError("the suite has no recorded target")
    return RecordedAgent(context.suite, settings)


OPENERS: Mapping[str, Callable[[TargetContext], Target]] = {
    "runtime": _runtime,
    "http": _http,
    "python": _python,
    "command": _command,
    "recorded": _recorded,
}
"""What opens each kind of target, by its key in a suite."""
