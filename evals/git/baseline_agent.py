"""The agent that a baseline was recorded with, ready to be asked again: here, elsewhere, or in its own commit."""

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

_ENVIRONMENT = ".venv"


class NoBaselineAgent(Exception):
    """There is no agent to ask again; the message says why, in words for the user."""


@dataclass(frozen=True, slots=True)
class BaselineAgent:
    """What the fresh baseline is measured with.

    Attributes:
        where: in words; no path of this machine.
        target: a new target at each call, not yet started.
    """

    where: str
    target: Callable[[], Target]


@dataclass(frozen=True, slots=True)
class BaselineAgentRequest:
    """Whose baseline it is, and where its agent may be found.

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
def baseline_agent(wanted: BaselineAgentRequest) -> Iterator[BaselineAgent]:
    """The agent of the stored baseline; a checkout of its commit, if one is needed, lives as long as the block.

    Raises:
        NoBaselineAgent
    """
    if wanted.stored.replayed or wanted.suite.target.recorded is not None:
        raise NoBaselineAgent("recorded answers cannot be asked for again")
    with ExitStack() as stack:
        try:
            agent = _here(wanted) or _at_commit(wanted, stack.enter_context(_checkout(wanted)))
        except CannotCheckOut as error:
            raise NoBaselineAgent(str(error)) from None
        yield agent


def _checkout(wanted: BaselineAgentRequest) -> AbstractContextManager[DetachedTree]:
    written = wanted.suite.target
    if written.http is not None and written.http.start is None:
        raise NoBaselineAgent("the endpoint is not started by the suite, and it names no `baseline_target:`")
    return detached_tree(wanted.suite.root, wanted.stored.commit)


def _here(wanted: BaselineAgentRequest) -> BaselineAgent | None:
    """Without a checkout: the suite's `baseline_target:`, or an unchanged agent of our runtime."""
    suite = wanted.suite
    if suite.baseline_target is not None:
        other = replace(suite, target=suite.baseline_target)
        return BaselineAgent("the suite's baseline_target", _opener(wanted, other))
    if suite.target.runtime is None:
        return None
    manifest = _matching(wanted, _agents(wanted, suite.target.runtime))
    if manifest is None:
        return None
    return BaselineAgent("the agent in the working tree", _opener(wanted, suite, manifest))


def _at_commit(wanted: BaselineAgentRequest, tree: DetachedTree) -> BaselineAgent:
    where = f"the agent of commit {(wanted.stored.commit or '')[:12]}"
    if (named := wanted.suite.target.runtime) is not None:
        places = [(tree.of(agent), tree.of(policy)) for agent, policy in _agents(wanted, named)]
        if (manifest := _matching(wanted, places)) is not None:
            return BaselineAgent(where, _opener(wanted, wanted.suite, manifest))
    elif (then := _suite_then(wanted, tree)) is not None:
        return BaselineAgent(where, _opener(wanted, then))
    raise NoBaselineAgent("the baseline's commit does not hold the agent that the baseline was recorded with")


def _opener(
    wanted: BaselineAgentRequest, suite: Suite, manifest: Manifest | None = None
) -> Callable[[], Target]:
    return partial(open_target, suite, manifest, wanted.environ, wanted.concurrency)


def _agents(wanted: BaselineAgentRequest, named: RuntimeTarget) -> Sequence[tuple[Path, Path]]:
    """Agent and policy files that may be the baseline's, the suite's own first."""
    root = wanted.suite.root
    agents = [root / named.agent, *([wanted.agent] if wanted.agent else [])]
    policies = [root / named.policy, *([wanted.policy] if wanted.policy else [])]
    return list(product(agents, policies))


def _matching(wanted: BaselineAgentRequest, places: Sequence[tuple[Path, Path]]) -> Manifest | None:
    """The first agent with the baseline's fingerprint. One that cannot be read is not it."""
    models = [None, *([wanted.model] if wanted.model else [])]
    for (agent, policy), model in product(places, models):
        try:
            manifest = load_manifest(agent, policy, model)
        except InvalidInput:
            continue
        if manifest.fingerprint == wanted.stored.fingerprint:
            return manifest
    return None


def _suite_then(wanted: BaselineAgentRequest, tree: DetachedTree) -> Suite | None:
    """Today's suite on the files of the commit, with the target as it is written now, or as it was then."""
    root = tree.of(wanted.suite.root)
    _lend_environment(wanted.suite.root, root)
    suites = [replace(wanted.suite, root=root)]
    with suppress(InvalidInput):
        suites.append(replace(suites[0], target=load_suite(tree.of(wanted.suite_file)).target))
    return next((suite for suite in suites if _fingerprint(wanted, suite) == wanted.stored.fingerprint), None)


def _lend_environment(root: Path, then: Path) -> None:
    """Installed packages are not in git: the commit's agent runs with today's."""
    installed, wanted = root / _ENVIRONMENT, then / _ENVIRONMENT
    if installed.is_dir() and then.is_dir() and not wanted.exists():
        wanted.symlink_to(installed.resolve(), target_is_directory=True)


def _fingerprint(wanted: BaselineAgentRequest, suite: Suite) -> str | None:
    try:
        return _opener(wanted, suite)().fingerprint
    except InvalidInput:
        return None
