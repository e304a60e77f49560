"""Guardian, end to end: read everything that can be wrong, check the files, play the attacks, say what was found.

The stages are `prepare_guardian` (every mistake found, nothing played), `run_probes` (the enforcement tier; the
resistance tier has rooms of its own, and is `joined` to it) and `conclude` (what it means). `run_guardian` is the
sequence without a resistance tier; who writes the files stands above.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agent_runtime.agent.manifest import Manifest, load_manifest
from agent_runtime.errors import InvalidInput
from agent_runtime.files.suggestion import did_you_mean
from agent_runtime.guard.redact import ALL_KINDS, Redactor
from agent_runtime.progress import SILENCE, Progress
from evals.canary.preparation import CanaryOptions, manifest_of
from evals.git.base_rules import branch_point, takes_effect
from evals.git.trees import commit_of
from evals.suite.suite import load_suite
from security_pack.assessment.assessment import AssessedAgent, Evidence, assess
from security_pack.assessment.static_checks import check_statically
from security_pack.catalog.catalog import CatalogEntry, load_pack, pack_hash
from security_pack.catalog.probe import Family, Probe, Tier
from security_pack.findings.controls import FileLines, read_places, shown_path
from security_pack.findings.findings import Assessment, Location
from security_pack.findings.settings import NAME as SETTINGS_NAME
from security_pack.findings.settings import Settings, load_settings, settings_beside
from security_pack.findings.trial import Trial
from security_pack.guardian.enforcement import run_enforcement
from security_pack.guardian.tally import AttackTally

if TYPE_CHECKING:
    from security_pack.resistance.result import ResistanceResult


@dataclass(frozen=True, slots=True)
class GuardianOptions:
    """What the command line asked for.

    Attributes:
        probes: folders with probes of the user's own, besides those that guardian.yaml names.
        only: ids of probes; () means all.
        families: () means all.
        settings: guardian.yaml; None means the one beside agent.yaml, or beside the suite, if it is there.
        suite: whose target is attacked; None attacks `agent`.
        model: instead of the one that agent.yaml names.
        gate_from: a git ref: guardian.yaml and the probes it names are those of the commit where HEAD left it.
    """

    agent: Path
    policy: Path | None = None
    probes: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()
    settings: Path | None = None
    suite: Path | None = None
    model: str | None = None
    gate_from: str | None = None

    @property
    def attacked(self) -> Path:
        """The file that names what is attacked."""
        return self.suite or self.agent


@dataclass(frozen=True, slots=True)
class PreparedGuardian:
    """A run that can start: every file was read and understood.

    Attributes:
        name: of the agent.
        manifest: None of an agent that is not ours.
        chosen: the probes that were asked for.
        notes: what the reader must know about the settings.
    """

    options: GuardianOptions
    name: str
    manifest: Manifest | None
    places: FileLines
    settings: Settings
    chosen: tuple[CatalogEntry, ...]
    partial: bool
    notes: tuple[str, ...] = ()

    @property
    def probes(self) -> tuple[Probe, ...]:
        """The probes, without where they stand."""
        return tuple(one.probe for one in self.chosen)


OnTrial = Callable[[Trial], None]


class Enforcement(Protocol):
    """The enforcement tier: `enforcement.run_enforcement`, or a fake of it."""

    async def __call__(
        self, manifest: Manifest, probes: Sequence[Probe], *, on_trial: OnTrial
    ) -> tuple[Trial, ...]:
        """Play every probe once against every tool it can attack; `on_trial` hears of each."""
        ...


async def run_guardian(ready: PreparedGuardian, today: date, progress: Progress = SILENCE) -> Assessment:
    """Play the enforcement tier alone, and say what was found."""
    return conclude(ready, await run_probes(ready, progress), today)


def prepare_guardian(options: GuardianOptions) -> PreparedGuardian:
    """Read and check everything; nothing is played.

    Raises:
        InvalidInput: with every problem of a file, or for a probe that nobody wrote.
    """
    name, manifest, places = _agent(options)
    with _judging_settings(options) as (settings, notes):
        pack = load_pack((*settings.probes, *options.probes))
    chosen = _chosen(pack, options)
    return PreparedGuardian(
        options=options,
        name=name,
        manifest=manifest,
        places=places,
        settings=settings,
        chosen=chosen,
        partial=len(chosen) < len(pack),
        notes=notes,
    )


def _agent(options: GuardianOptions) -> tuple[str, Manifest | None, FileLines]:
    """The agent's name, its manifest if it is ours, and the lines of its files."""
    if options.suite is None:
        policy = options.policy or options.agent.parent / "policy.yaml"
        manifest = load_manifest(options.agent, policy, options.model)
        return manifest.spec.name, manifest, read_places(options.agent, policy)
    suite = load_suite(options.suite)
    found = manifest_of(suite, CanaryOptions(options.suite, policy=options.policy, model=options.model))
    if found is None or suite.target.runtime is None:
        return suite.name, None, FileLines(Location(shown_path(options.suite), 1))
    policy = options.policy or suite.root / suite.target.runtime.policy
    return found.spec.name, found, read_places(suite.root / suite.target.runtime.agent, policy)


@contextmanager
def _judging_settings(options: GuardianOptions) -> Iterator[tuple[Settings, tuple[str, ...]]]:
    """The settings that judge, while the folders of probes that they name are there; and what to say of them."""
    file = options.settings or options.attacked.parent / SETTINGS_NAME
    if options.gate_from is None:
        yield (load_settings(file) if options.settings else settings_beside(options.attacked)), ()
        return
    with branch_point(options.attacked.parent, options.gate_from) as (tree, commit):
        then = tree.of(file)
        settings = load_settings(then) if then.is_file() else Settings()
        notes = (f"this change edits {file.name}: {takes_effect(commit)}",)
        yield replace(settings, file=file), () if _content(then) == _content(file) else notes


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


async def run_probes(
    ready: PreparedGuardian,
    progress: Progress = SILENCE,
    enforcement: Enforcement = run_enforcement,
) -> Evidence:
    """What the files and the enforcement tier say.

    Raises:
        InvalidInput: the agent is not ours, so there are no guards to test.
    """
    if ready.manifest is None:
        what = "tests the guards of our own runtime, and this agent runs elsewhere"
        raise InvalidInput.one("--tier enforcement", what, "attack it with  --tier resistance")
    probes, tally = [probe for probe in ready.probes if Tier.ENFORCEMENT in probe.tier], AttackTally()
    with progress.stretch(len(ready.chosen), "probes", steady=False) as stretch:

        def on_trial(trial: Trial) -> None:
            tally.count(trial)
            stretch.note(tally.done, tally.words())

        trials = await enforcement(ready.manifest, probes, on_trial=on_trial)
    return Evidence(trials=trials, findings=check_statically(ready.manifest, ready.places))


def joined(evidence: Evidence, found: ResistanceResult) -> Evidence:
    """The evidence with what the resistance tier found."""
    return replace(
        evidence,
        trials=(*evidence.trials, *found.trials),
        findings=(*evidence.findings, *found.findings),
        worse=found.worse,
        warnings=(*evidence.warnings, *found.warnings),
        not_measured=found.not_measured,
    )


def conclude(
    ready: PreparedGuardian, evidence: Evidence, today: date, *, simulated: bool = False
) -> Assessment:
    """What the evidence means, by the team's own settings.

    Args:
        simulated: the resistance tier asked no real model.
    """
    manifest = ready.manifest
    examined = AssessedAgent(
        agent=ready.name,
        model=manifest.model_label if manifest is not None else "",
        command=_command(ready.options),
        fingerprint=manifest.fingerprint if manifest is not None else None,
        commit=commit_of(ready.options.attacked.parent),
        simulated=simulated,
        pack=pack_hash(ready.chosen),
        partial=ready.partial,
    )
    # A report travels further than a log: what the policy forgets to redact is not repeated in it.
    clean = Redactor(ALL_KINDS).redact
    assessment = assess(examined, evidence, ready.places, ready.settings, today, clean)
    return replace(assessment, warnings=(*ready.notes, *assessment.warnings))


def _chosen(pack: Sequence[CatalogEntry], options: GuardianOptions) -> tuple[CatalogEntry, ...]:
    known = [one.probe.id for one in pack]
    for name in options.only:
        if name not in known:
            raise InvalidInput.one("--probe", f"there is no probe '{name}'", _instead(name, known))
    chosen = tuple(
        one
        for one in pack
        if (not options.only or one.probe.id in options.only)
        and (not options.families or one.probe.family in options.families)
    )
    if not chosen:
        raise InvalidInput.one("--probe", "no probe is left", "see  agentcrewops guardian list")
    return chosen


def _instead(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known, "see  agentcrewops guardian list")


def _command(options: GuardianOptions) -> str:
    """What shows a finding again, but for the probe's id."""
    flags = [("--suite", options.suite)] if options.suite else [("--agent", options.agent)]
    flags += [("--policy", options.policy)] if options.policy else []
    flags += [("--settings", options.settings)] if options.settings else []
    flags += [("--probes", folder) for folder in options.probes]
    return " ".join(["agentcrewops guardian", *(f"{flag} {shlex.quote(str(path))}" for flag, path in flags)])
