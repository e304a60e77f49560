"""The agent that a baseline was recorded with, ready to run again: here, elsewhere, or from its own commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

from agent_runtime.agent.manifest import Manifest, load_manifest
from agent_runtime.errors import InvalidInput
from evals.git.trees import CannotCheckOut, DetachedTree, detached_tree
from evals.results.records import SuiteResult
from evals.suite.suite import Suite, load_suite
from evals.suite.suite_file import RuntimeTarget
from evals.targets import open_target
from evals.targets.interface import Target

_VENV = ".venv"


class NoBaselineAgent(Exception):
    """The agent of the baseline cannot run again; the message says why, in words for the user."""


@dataclass(frozen=True, slots=True)
class BaselineAgent:
    """The agent that the fresh baseline is measured with.

    Attributes:
        where: in words; no path of this machine.
        target: a new target at each call, not yet started.
    """

    where: str
    target: Callable[[], Target]


@dataclass(frozen=True, slots=True)
class BaselineAgentRequest:
    """The stored baseline, and where its agent may be found.

    Attributes:
        suite_file: the suite, as a file.
        agent, policy, model: what the command line named instead of the suite's own; None if nothing.
    """

    suite: Suite
    suite_file: Path
    stored: SuiteResult
    environ: Mapping[str, str]
    concurrency: int
    agent: Path | None = None
    policy: Path | None = None
    model: str | None = None


@contextmanager
def baseline_agent(request: BaselineAgentRequest) -> Iterator[BaselineAgent]:
    """The agent of the stored baseline; a checkout of its commit, if one is needed, lives as long as the block.

    Raises:
        NoBaselineAgent
    """
    if request.stored.replayed or request.suite.target.recorded is not None:
        raise NoBaselineAgent("recorded answers cannot be asked for again")
    with ExitStack() as stack:
        try:
            agent = _without_checkout(request) or _at_commit(request, stack.enter_context(_checkout(request)))
        except CannotCheckOut as error:
            raise NoBaselineAgent(str(error)) from None
        yield agent


def _checkout(request: BaselineAgentRequest) -> AbstractContextManager[DetachedTree]:
    written = request.suite.target
    if written.http is not None and written.http.start is None:
        raise NoBaselineAgent("the endpoint is not started by the suite, and it names no `baseline_target:`")
    return detached_tree(request.suite.root, request.stored.commit)


def _without_checkout(request: BaselineAgentRequest) -> BaselineAgent | None:
    """Without a checkout: the suite's `baseline_target:`, or an unchanged agent of our runtime."""
    suite = request.suite
    if suite.baseline_target is not None:
        other = replace(suite, target=suite.baseline_target)
        return BaselineAgent("the suite's baseline_target", _opener(request, other))
    if suite.target.runtime is None:
        return None
    manifest = _recorded_agent(request, _agents(request, suite.target.runtime))
    if manifest is None:
        return None
    return BaselineAgent("the agent in the working tree", _opener(request, suite, manifest))


def _at_commit(request: BaselineAgentRequest, tree: DetachedTree) -> BaselineAgent:
    where = f"the agent of commit {(request.stored.commit or '')[:12]}"
    if (named := request.suite.target.runtime) is not None:
        places = [(tree.of(agent), tree.of(policy)) for agent, policy in _agents(request, named)]
        if (manifest := _recorded_agent(request, places)) is not None:
            return BaselineAgent(where, _opener(request, request.suite, manifest))
    elif (at_commit := _suite_at_commit(request, tree)) is not None:
        return BaselineAgent(where, _opener(request, at_commit))
    raise NoBaselineAgent("the baseline's commit does not hold the agent that the baseline was recorded with")


def _opener(
    request: BaselineAgentRequest, suite: Suite, manifest: Manifest | None = None
) -> Callable[[], Target]:
    return partial(open_target, suite, manifest, request.environ, request.concurrency)


def _agents(request: BaselineAgentRequest, named: RuntimeTarget) -> Sequence[tuple[Path, Path]]:
    """Agent and policy files that may be the baseline's, the suite's own first."""
    root = request.suite.root
    agents = [root / named.agent, *([request.agent] if request.agent else [])]
    policies = [root / named.policy, *([request.policy] if request.policy else [])]
    return list(product(agents, policies))


def _recorded_agent(request: BaselineAgentRequest, places: Sequence[tuple[Path, Path]]) -> Manifest | None:
    """The first agent with the baseline's fingerprint. One that cannot be read is not it."""
    models = [None, *([request.model] if request.model else [])]
    for (agent, policy), model in product(places, models):
        try:
            manifest = load_manifest(agent, policy, model)
        except InvalidInput:
            continue
        if manifest.fingerprint == request.stored.fingerprint:
            return manifest
    return None


def _suite_at_commit(request: BaselineAgentRequest, tree: DetachedTree) -> Suite | None:
    """Today's suite on the files of the commit, with the target of today, or with that of the commit."""
    root = tree.of(request.suite.root)
    _link_environment(request.suite.root, root)
    suites = [replace(request.suite, root=root)]
    with suppress(InvalidInput):
        suites.append(replace(suites[0], target=load_suite(tree.of(request.suite_file)).target))
    return next(
        (suite for suite in suites if _fingerprint(request, suite) == request.stored.fingerprint), None
    )


def _link_environment(root: Path, at_commit: Path) -> None:
    """Installed packages are not in git: the commit's agent runs with today's."""
    installed, link = root / _VENV, at_commit / _VENV
    if installed.is_dir() and at_commit.is_dir() and not link.exists():
        link.symlink_to(installed.resolve(), target_is_directory=True)


def _fingerprint(request: BaselineAgentRequest, suite: Suite) -> str | None:
    try:
        return _opener(request, suite)().fingerprint
    except InvalidInput:
        return None
