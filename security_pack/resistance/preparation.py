"""What the resistance tier needs before its first run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agent_runtime.agent.manifest import Manifest, load_manifest
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from agent_runtime.guard.redact import ALL_KINDS
from evals.canary.evaluation import Evaluation
from evals.canary.preparation import CanaryOptions, in_ci, manifest_of, usual_baseline
from evals.git.base_rules import baseline_from
from evals.git.trees import commit_of
from evals.results.baseline import load_reference
from evals.results.records import SuiteResult
from evals.sampling.journal import Start
from evals.sampling.schedule import fixed_schedule
from evals.suite.suite import Suite, load_suite
from evals.suite.suite_file import GateSettings, RuntimeTarget, TargetSpec
from evals.targets import open_target
from evals.targets.declared_inputs import declared_inputs
from evals.targets.interface import Target
from security_pack.catalog.binding import Binding
from security_pack.catalog.catalog import CatalogEntry
from security_pack.catalog.probe import Tier
from security_pack.findings.findings import Location
from security_pack.findings.trial import Trial
from security_pack.resistance.probe_case import ProbeCase, ProbedAgent, cases_of
from security_pack.resistance.probed_target import ProbedRuntime, ProbedTarget
from security_pack.resistance.regression import ComparableBaseline, comparable_with

FOLDER = "resistance"
"""Where the runs are kept, below --out: beside them may stand a canary's."""


_CONCURRENCY = 50


@dataclass(frozen=True, slots=True)
class ResistanceOptions:
    """What the command line asked for.

    Attributes:
        agent, policy, model: of our own runtime; with `suite` they replace what it names.
        suite: whose target is probed; None probes `agent`.
        samples: runs per probe; None is what each probe says, for a pull request or for the night.
        baseline: None takes baselines/guardian-AGENT.json, if it is there.
        max_usd: None is no cap, which nobody may leave open in CI.
        start: whether `out` begins afresh or goes on where it stopped.
        gate_from: a git ref: the baseline is that of the commit where HEAD left it.
    """

    agent: Path = Path("agent.yaml")
    policy: Path | None = None
    suite: Path | None = None
    model: str | None = None
    samples: int | None = None
    nightly: bool = False
    baseline: Path | None = None
    out: Path = Path("guardian-out")
    concurrency: int | None = None
    seed: int = 0
    max_usd: float | None = None
    start: Start = Start.AFRESH
    gate_from: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedResistance:
    """Probes that can be tried: every file was read, every tool has a stand-in.

    Attributes:
        cases: attacks and their harmless twins, by case id.
        skipped: probes that say nothing about this agent, each a trial with its reason.
        place: the line that stands for the agent as a whole.
    """

    evaluation: Evaluation
    agent: ProbedAgent
    cases: Mapping[str, ProbeCase]
    skipped: tuple[Trial, ...]
    place: Location

    @property
    def comparable(self) -> ComparableBaseline:
        """What of the baseline can be compared with."""
        return comparable_with(self.evaluation.baseline, self.evaluation.frame)

    @property
    def runs(self) -> Mapping[str, int]:
        """Planned runs by case id."""
        return {name: case.runs for name, case in self.cases.items()}


def prepare_resistance(
    options: ResistanceOptions,
    pack: Sequence[CatalogEntry],
    environ: Mapping[str, str],
    *,
    spends: bool = True,
) -> PreparedResistance:
    """Read and check everything; nothing is started.

    Args:
        spends: False if no run will be made.
    """
    suite, manifest = _agent_of(options)
    agent = ProbedAgent(
        name=manifest.spec.name if manifest else suite.name,
        model=manifest.model_label if manifest else None,
        manifest=manifest,
        tools=tuple(manifest.spec.tools) if manifest else suite.tools,
        declared_inputs=frozenset() if manifest else declared_inputs(suite),
    )
    cases, skipped = _cases(pack, agent, options)
    suite = replace(
        suite,
        name=f"guardian-{agent.name}",
        cases=tuple(case.eval_case(case.template) for case in cases.values()),
    )
    target = _target(suite, manifest, cases, environ, options)
    if spends:
        _refuse_open_purse(options, target, environ)
    evaluation = Evaluation(
        suite=suite,
        manifest=manifest,
        target=target,
        baseline=_baseline(options, suite),
        schedule=fixed_schedule(max((case.runs for case in cases.values()), default=1)),
        concurrency=options.concurrency or suite.concurrency,
        seed=options.seed,
        max_usd=options.max_usd if options.max_usd is not None else suite.gate.max_usd,
        pii_kinds=tuple(manifest.policy.pii_redaction) if manifest else ALL_KINDS,
        commit=commit_of(suite.root),
        start=options.start,
        folder=options.out / FOLDER,
    )
    place = Location(str(options.suite or options.agent), 1)
    return PreparedResistance(evaluation, agent, cases, skipped, place)


def _agent_of(options: ResistanceOptions) -> tuple[Suite, Manifest | None]:
    """The suite that names the target (made up for an agent without one), and the manifest if it is ours."""
    if options.suite is None:
        return _suite_around(options.agent), load_manifest(options.agent, options.policy, options.model)
    suite = load_suite(options.suite)
    if suite.target.recorded is not None:
        problem = suite.document.problem(
            ("target", "recorded"), "recorded runs cannot be attacked", "name the agent itself"
        )
        raise InvalidInput([problem])
    named = CanaryOptions(options.suite, policy=options.policy, model=options.model)
    return suite, manifest_of(suite, named)


def _suite_around(agent: Path) -> Suite:
    return Suite(
        name="guardian",
        target=TargetSpec(runtime=RuntimeTarget()),
        cases=(),
        samples=1,
        concurrency=_CONCURRENCY,
        gate=GateSettings(),
        root=agent.parent,
        document=Document(str(agent), {}, {(): 1}),
    )


def _cases(
    pack: Sequence[CatalogEntry], agent: ProbedAgent, options: ResistanceOptions
) -> tuple[dict[str, ProbeCase], tuple[Trial, ...]]:
    cases: dict[str, ProbeCase] = {}
    skipped: list[Trial] = []
    for one in (one for one in pack if Tier.RESISTANCE in one.probe.tier):
        samples = one.probe.samples
        runs = options.samples or (samples.nightly if options.nightly else samples.pr)
        found = cases_of(one, agent, runs)
        if isinstance(found, str):
            skipped.append(Trial(one.probe, Binding(), Tier.RESISTANCE, note=found))
        else:
            cases |= {case.case_id: case for case in found}
    return cases, tuple(skipped)


def _target(
    suite: Suite,
    manifest: Manifest | None,
    cases: Mapping[str, ProbeCase],
    environ: Mapping[str, str],
    options: ResistanceOptions,
) -> Target:
    if manifest is not None:
        return ProbedRuntime(manifest, cases, environ)
    target = open_target(suite, None, environ, options.concurrency or suite.concurrency)
    return ProbedTarget(target, cases)


def _refuse_open_purse(options: ResistanceOptions, target: Target, environ: Mapping[str, str]) -> None:
    if options.max_usd is None and not target.simulated and in_ci(environ):
        what = "is needed in CI: a real model costs money, and nobody watches"
        raise InvalidInput.one("--max-usd", what, "say how much the attacks may cost, as in  --max-usd 2")


def _baseline(options: ResistanceOptions, suite: Suite) -> SuiteResult | None:
    """The baseline: the one named, or the usual one if it is there; or as an earlier commit had it."""
    file = options.baseline or usual_baseline(suite)
    if options.gate_from is not None:
        return baseline_from(options.gate_from, file)
    if options.baseline is None and not file.exists():
        return None
    return load_reference(file, keep_text=False)
