"""What is checked: a suite and the agent it names, an agent alone, or only the environment; each file read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent_runtime.agent.manifest import Manifest, load_manifest
from evals.canary.preparation import CanaryOptions, Prepared, prepare


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """What to look at: a suite and the agent it names, an agent alone, or only the environment."""

    suite: Path | None = None
    agent: Path | None = None
    policy: Path | None = None
    out: Path = Path("canary-out")


@dataclass(frozen=True, slots=True)
class AgentFiles:
    """An agent and a policy that can be used, and where they were read."""

    manifest: Manifest
    agent: Path
    policy: Path


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """Files that can be used.

    Attributes:
        agent: None of an agent that is not ours.
        ready: None without a suite.
    """

    agent: AgentFiles | None = None
    prepared: Prepared | None = None

    @property
    def models(self) -> tuple[Manifest, ...]:
        """Every model that will be asked: the agent's, then the judges'."""
        judges = self.prepared.judges.accounts if self.prepared is not None else ()
        return (
            *([self.agent.manifest] if self.agent is not None else []),
            *(account.manifest for account in judges),
        )


def read_files(subject: CheckSubject, environ: Mapping[str, str]) -> CheckedFiles:
    """Everything that a suite, or an agent alone, names.

    Raises:
        InvalidInput: with every problem of a file.
    """
    if subject.suite is not None:
        return _suite_files(subject.suite, subject, environ)
    if subject.agent is None:
        return CheckedFiles()
    policy = subject.policy or subject.agent.parent / "policy.yaml"
    return CheckedFiles(AgentFiles(load_manifest(subject.agent, subject.policy), subject.agent, policy))


def _suite_files(suite: Path, subject: CheckSubject, environ: Mapping[str, str]) -> CheckedFiles:
    prepared = prepare(CanaryOptions(suite=suite, agent=subject.agent, policy=subject.policy), environ)
    suite_read, manifest = prepared.evaluation.suite, prepared.evaluation.manifest
    named = suite_read.target.runtime
    if manifest is None or named is None:
        return CheckedFiles(prepared=prepared)
    agent = subject.agent or suite_read.root / named.agent
    policy = subject.policy or suite_read.root / named.policy
    return CheckedFiles(AgentFiles(manifest, agent, policy), prepared)
