"""The resistance tier: the agent's own model, attacked many times, as the distribution that it is.

The stages are `prepare_resistance` (every mistake found, nothing spent), `measure` (the first look; if it suspects a
fall, the suspects again), and `told` (what that means). `run_resistance` is their sequence. Runs are Canary's: its
sampler, its journal (--resume), its spending cap, its pace and its rules of evidence.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agent_runtime.agent.manifest import Manifest, load_manifest
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from agent_runtime.guard.redact import ALL_KINDS
from evals.canary.evaluation import expense, open_evaluation, sampling
from evals.canary.preparation import CanaryOptions, Prepared, in_ci, manifest_of, usual_baseline
from evals.formatting.figures import count
from evals.formatting.names import inert
from evals.git.base_rules import baseline_from
from evals.git.trees import commit_of
from evals.graders.llm_judge.panel import Jury
from evals.results.baseline import load_reference
from evals.results.files import prepare_folder
from evals.results.records import SuiteResult
from evals.results.samples import write_samples
from evals.sampling.journal import Journal, Start, claimed
from evals.sampling.plan import Planned
from evals.sampling.sampler import Sampler
from evals.sampling.schedule import fixed_schedule
from evals.sampling.shards import Run
from evals.suite.suite import Suite, load_suite
from evals.suite.suite_file import GateSettings, RuntimeTarget, WrittenTarget
from evals.targets import open_target
from evals.targets.declared_inputs import names_told
from evals.targets.interface import Target
from security_pack.catalog.binding import Binding
from security_pack.catalog.catalog import Catalogued
from security_pack.catalog.probe import Severity, Tier
from security_pack.episodes.from_attempt import TOOL_CALLS
from security_pack.findings.findings import Finding, Location, Rate
from security_pack.findings.rates import LEAST_BASELINE, Fall, attack_rate
from security_pack.findings.trial import Trial
from security_pack.resistance.probe_case import TWIN, ProbeCase, ProbedAgent, cases_of
from security_pack.resistance.probed_target import (
    ProbedRuntime,
    ProbedTarget,
    episode_of,
    judged,
    judgement_of,
)
from security_pack.resistance.regression import (
    Comparable,
    Regression,
    Suspicion,
    comparable_with,
    first_look,
    second_look,
    why_not_measured,
)

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

    ready: Prepared
    agent: ProbedAgent
    cases: Mapping[str, ProbeCase]
    skipped: tuple[Trial, ...]
    place: Location

    @property
    def comparable(self) -> Comparable:
        """What of the baseline can be compared with."""
        return comparable_with(self.ready.baseline, self.ready.frame)

    @property
    def runs(self) -> Mapping[str, int]:
        """Planned runs by case id."""
        return {name: case.runs for name, case in self.cases.items()}


@dataclass(frozen=True, slots=True)
class ResistanceResult:
    """What the tier hands to whoever writes the assessment.

    Attributes:
        trials: one for every attack that was tried, and for every probe that was not applicable.
        worse: ids of the probes whose attacks surely succeed more often than in the baseline.
        findings: about all probes together: those that are here block.
        warnings: what the reader must know.
        not_measured: why nothing may be concluded, in plain words; "" if it may.
        tasks: harmless tasks that were not done, among all; None if none was tried.
        result: every run; saved, it is a baseline.
    """

    agent: str
    model: str | None
    trials: tuple[Trial, ...]
    worse: frozenset[str]
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    not_measured: str
    tasks: Rate | None
    result: SuiteResult


def run_resistance(
    options: ResistanceOptions,
    pack: Sequence[Catalogued],
    environ: Mapping[str, str],
    *,
    quiet: bool = False,
    compare: bool = True,
) -> ResistanceResult:
    """Try every probe of this tier many times, and keep the runs in `options.out`/resistance.

    Args:
        compare: False leaves every baseline aside, as for a new one.

    Raises:
        InvalidInput: before anything is run or spent.
        CannotKeepRuns: what was measured before the disk was full is kept, and can be resumed.
    """
    prepared = prepare_resistance(options, pack, environ)
    if not compare:
        prepared = replace(prepared, ready=replace(prepared.ready, baseline=None, baseline_file=None))
    if not prepared.cases:
        return told(prepared, prepared.ready.frame, None, "", ())
    prepare_folder(prepared.ready.out)
    with claimed(prepared.ready.out):
        journal = open_evaluation(prepared.ready)
        try:
            if not quiet:
                sys.stderr.write(f"{estimate(prepared, journal)}\n")
            result, suspicion, sampler = measure(prepared, journal, quiet=quiet)
            write_samples(prepared.ready.out / "samples.jsonl", result)
        finally:
            journal.close()
        if sampler is None or sampler.stopped is None:
            journal.finish()
    warnings = sampler.warnings if sampler is not None else ()
    stopped = sampler.reason if sampler is not None else ""
    return told(prepared, result, suspicion, stopped, warnings)


# --- preparation ------------------------------------------------------------------------------------------


def prepare_resistance(
    options: ResistanceOptions, pack: Sequence[Catalogued], environ: Mapping[str, str], *, spends: bool = True
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
        told=frozenset() if manifest else names_told(suite),
    )
    cases, skipped = _cases(pack, agent, options)
    suite = replace(
        suite,
        name=f"guardian-{agent.name}",
        cases=tuple(case.eval_case(case.sketch) for case in cases.values()),
    )
    target = _target(suite, manifest, cases, environ, options)
    if spends:
        _refuse_open_purse(options, target, environ)
    file, baseline = _baseline(options, suite)
    kinds = tuple(manifest.policy.pii_redaction) if manifest else ALL_KINDS
    ready = Prepared(
        suite=suite,
        manifest=manifest,
        target=target,
        graders={},
        jury=Jury(suite.root, environ, kinds),
        baseline=baseline,
        baseline_file=file,
        schedule=fixed_schedule(max((case.runs for case in cases.values()), default=1)),
        schedule_asked=True,
        max_samples=None,
        concurrency=options.concurrency or suite.concurrency,
        seed=options.seed,
        max_usd=options.max_usd if options.max_usd is not None else suite.gate.max_usd,
        pii_kinds=kinds,
        commit=commit_of(suite.root),
        start=options.start,
        out=options.out / FOLDER,
    )
    place = Location(str(options.suite or options.agent), 1)
    return PreparedResistance(ready, agent, cases, skipped, place)


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
        target=WrittenTarget(runtime=RuntimeTarget()),
        cases=(),
        samples=1,
        concurrency=_CONCURRENCY,
        gate=GateSettings(),
        root=agent.parent,
        document=Document(str(agent), {}, {(): 1}),
    )


def _cases(
    pack: Sequence[Catalogued], agent: ProbedAgent, options: ResistanceOptions
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


def _baseline(options: ResistanceOptions, suite: Suite) -> tuple[Path | None, SuiteResult | None]:
    """The baseline and its file: the one named, or the usual one if it is there; or as an earlier commit had it."""
    file = options.baseline or usual_baseline(suite)
    if options.gate_from is not None:
        return file, baseline_from(options.gate_from, file)
    if options.baseline is None and not file.exists():
        return None, None
    return file, load_reference(file, keep_text=False)


# --- measurement ------------------------------------------------------------------------------------------


def estimate(prepared: PreparedResistance, journal: Journal) -> str:
    """What this will do and may cost, in one line, before the first call."""
    calls = sum(prepared.runs.values())
    attacks = len(prepared.cases) // 2
    most = max(prepared.runs.values(), default=0)
    runs = f"{attacks} attacks and their harmless twins × {most} = {calls} runs of {prepared.agent.name}"
    opening = [journal.opening] if journal.opening else []
    again = ["what looks worse is measured again"] if prepared.ready.baseline is not None else []
    return "; ".join([runs, *opening, *expense(prepared.ready, calls - len(journal.samples)), *again])


def measure(
    prepared: PreparedResistance, journal: Journal, *, quiet: bool
) -> tuple[SuiteResult, Suspicion | None, Sampler | None]:
    """Every planned run that is not there yet; and what the first look suspects, as often again.

    Returns the runs, what the first look said (None if it was not reached), and the sampler that went last.
    """
    sampler = asyncio.run(make_runs(prepared, journal, prepared.runs, quiet=quiet))
    stopped = sampler is not None and sampler.stopped is not None
    if stopped or why_not_measured(journal.result()):
        return journal.result(), None, sampler
    suspicion = first_look(prepared.comparable, journal.result(), prepared.runs)
    if suspicion.again:
        doubled = {name: 2 * prepared.runs[name] for name in suspicion.again}
        if not quiet:
            more = sum(prepared.runs[name] for name in suspicion.again)
            sys.stderr.write(
                f"{len(suspicion.again)} cases look worse than before: measured again, {more} runs\n"
            )
        sampler = asyncio.run(make_runs(prepared, journal, doubled, quiet=quiet)) or sampler
    return journal.result(), suspicion, sampler


async def make_runs(
    prepared: PreparedResistance,
    journal: Journal,
    runs: Mapping[str, int],
    *,
    quiet: bool,
    only: Collection[Run] | None = None,
) -> Sampler | None:
    """The first `runs` of these cases, as far as they are missing; None if none are, and nothing was started.

    Args:
        only: of these, the ones to make here; None means all.
    """
    missing = [
        planned
        for planned in planned_runs(prepared, runs)
        if planned.key not in journal.samples and (only is None or planned.key in only)
    ]
    if not missing:
        return None
    calls = len(journal.samples) + len(missing)
    async with sampling(prepared.ready, journal, calls, judged, quiet=quiet) as sampler:
        await sampler.run(missing, prepared.ready.concurrency)
    return sampler


def planned_runs(prepared: PreparedResistance, runs: Mapping[str, int]) -> Sequence[Planned]:
    """A run of every case, then the next of every case: what is stopped is balanced."""
    cases = [case for case in prepared.ready.suite.cases if case.case_id in runs]
    last = max(runs.values(), default=0)
    return [Planned(case, index) for index in range(last) for case in cases if index < runs[case.case_id]]


# --- what it means ----------------------------------------------------------------------------------------


def told(
    prepared: PreparedResistance,
    result: SuiteResult,
    suspicion: Suspicion | None,
    stopped: str,
    warnings: Sequence[str],
) -> ResistanceResult:
    """The runs as trials, the probes that got worse, and what the reader must know.

    Args:
        suspicion: of the first look; None if it was not reached.
        stopped: why the runs ended before the last one; "" if they did not.
    """
    comparable = prepared.comparable
    found = Regression(comparable)
    if suspicion is not None and not stopped:
        found = second_look(comparable, result, prepared.runs, suspicion)
    not_measured = _not_measured(prepared, result, stopped)
    return ResistanceResult(
        agent=prepared.agent.name,
        model=prepared.agent.model,
        trials=(*trials_of(prepared, result), *prepared.skipped),
        worse=frozenset(found.worse) if not not_measured else frozenset(),
        findings=tuple(_findings(prepared, found)) if not not_measured else (),
        warnings=(*warnings, *_warnings(prepared, found, result)),
        not_measured=not_measured or _idle(result),
        tasks=_tasks(result),
        result=result,
    )


def trials_of(prepared: PreparedResistance, result: SuiteResult) -> Iterator[Trial]:
    """One trial for every attack, from the runs that were kept."""
    for kept in result.cases:
        case = prepared.cases[kept.case_id]
        if case.benign:
            continue
        sketch = case.sketch
        for sample in kept.samples:
            episode = episode_of(sample, sketch.said)
            yield Trial(sketch.probe, case.binding, Tier.RESISTANCE, episode, judgement_of(sample))


def _not_measured(prepared: PreparedResistance, result: SuiteResult, stopped: str) -> str:
    if stopped:
        return f"{inert(stopped)}; what was measured is kept: --resume goes on with it"
    if not prepared.cases:
        return "no probe can be tried on this agent"
    return why_not_measured(result)


def _idle(result: SuiteResult) -> str:
    """Why an agent that never worked resisted nothing; "" if it did any harmless task. Its falls still count."""
    tasks = _tasks(result)
    if tasks is None or not tasks.runs or tasks.successes < tasks.runs:
        return ""
    undone = (run for case in result.cases if case.case_id.endswith(TWIN) for run in case.samples)
    why = next((run.error for run in undone if run.error), None)
    what = f"none of {count(tasks.runs, 'harmless task')} was done, and who does nothing resists everything"
    return f"{what}: {inert(why)}" if why else what


def _tasks(result: SuiteResult) -> Rate | None:
    """Harmless tasks that were not done."""
    runs = Counter(run.passed for case in result.cases if case.case_id.endswith(TWIN) for run in case.samples)
    if not runs:
        return None
    return attack_rate(runs[False], runs[True] + runs[False], errors=runs[None])


def _findings(prepared: PreparedResistance, found: Regression) -> Iterator[Finding]:
    if found.attacks.together:
        yield _finding(
            prepared,
            "attack-success-rate",
            "Attacks succeed more often than before",
            f"Over all probes together attacks now succeed {_points(found.attacks)} points more often "
            f"than in the baseline; measured twice.",
            "look at what changed in the prompt, the tools or the model; the findings below show how they got through",
        )
    if found.twins.together:
        yield _finding(
            prepared,
            "harmless-task-rate",
            "The agent does fewer harmless tasks than before",
            f"Over all harmless twins together {_points(found.twins)} points more tasks are left undone "
            f"than in the baseline; measured twice.",
            "an agent that refuses its work is not safer: look at what was refused in samples.jsonl",
        )


def _finding(prepared: PreparedResistance, rule: str, title: str, message: str, fix: str) -> Finding:
    return Finding(
        rule_id=rule,
        title=title,
        severity=Severity.HIGH,
        message=message,
        fix=fix,
        location=prepared.place,
        tier=Tier.RESISTANCE,
        blocking=True,
    )


def _points(fall: Fall) -> str:
    """The fall in points with its interval, as a rise of what is bad: `12 (4 to 20)`."""
    worst, least = -100 * fall.low, -100 * fall.high
    return f"{-100 * fall.change:.0f} ({least:.0f} to {worst:.0f})"


def _warnings(prepared: PreparedResistance, found: Regression, result: SuiteResult) -> Iterator[str]:
    comparable, attacks = found.comparable, len(prepared.cases) // 2
    if result.simulated:
        yield "No real model was attacked: the answers are simulated."
    if prepared.ready.baseline is None:
        yield (
            f"There is no baseline, so no rate blocks anything: save one with at least {LEAST_BASELINE} runs per "
            "probe,  agentcrewops guardian baseline"
        )
    elif comparable.unknown:
        yield (
            f"{len(comparable.unknown)} of {attacks} attacks have no baseline: agent, model, probe or policy "
            "changed since it was saved. Their rates are shown and block nothing."
        )
    if comparable.forming:
        yield (
            f"The baseline has fewer than {LEAST_BASELINE} runs of {len(comparable.forming)} of {attacks} attacks: "
            "their rates are shown and block nothing."
        )
    yield from _unseen(prepared, result)
    tasks = _tasks(result)
    if tasks is not None and tasks.successes:
        yield f"{tasks.successes} of {tasks.runs} harmless tasks were not done."


def _unseen(prepared: PreparedResistance, result: SuiteResult) -> Iterator[str]:
    """What could not be seen, and of how many attacks that left only a part to judge by."""
    attacks = [case for case in result.cases if not case.case_id.endswith(TWIN)]
    unseen = [{part for run in case.samples for part in judgement_of(run).unobserved} for case in attacks]
    if blind := sum(TOOL_CALLS in parts for parts in unseen):
        yield (
            f"Tool calls are not reported by this target: {blind} of {len(attacks)} attacks could only be judged by "
            "the answer."
        )
    others = sorted({part for parts in unseen for part in parts} - {TOOL_CALLS})
    if others:
        yield (
            f"Not seen: {', '.join(others)}; {sum(bool(parts - {TOOL_CALLS}) for parts in unseen)} of {len(attacks)} "
            "attacks could only be judged without."
        )
    if prepared.agent.manifest is None and not prepared.agent.tools:
        yield "Nobody declared the agent's tools: list them as  tools:  in the suite, as in agent.yaml."
