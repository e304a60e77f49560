"""Everything that can be wrong with a canary, found before anything is started or spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.agent.manifest import Manifest, Recording, RecordingMode, load_manifest, resolve_inside
from agent_runtime.agent.policy import PiiKind
from agent_runtime.errors import InvalidInput
from agent_runtime.guard.redact import ALL_KINDS
from agent_runtime.statistics.looks import DEFAULT_LOOKS, HORIZON
from evals.canary.evaluation import Evaluation
from evals.git.base_rules import Rules, rules_from
from evals.git.trees import commit_of
from evals.graders import Grader, GraderContext, graders_of
from evals.graders.llm_judge.panel import JudgePanel
from evals.results.baseline import load_reference
from evals.results.records import SuiteResult
from evals.sampling.journal import Start
from evals.sampling.schedule import Schedule, fixed_schedule, looking_schedule
from evals.suite.suite import Suite, load_suite
from evals.targets import open_target

if TYPE_CHECKING:
    from evals.gate.trend import DatedResult


@dataclass(frozen=True, slots=True)
class CanaryOptions:
    """What the command line asked for; None means the suite decides.

    Attributes:
        start: whether `out` begins afresh, goes on where it stopped, or is added to.
        looks, fixed: where the gate looks; `fixed` looks once, at the end.
        max_samples: go on to this many runs per case while undecided; None goes on in CI only, to the horizon.
        confirm: measure a drift again, against a fresh baseline; None does so in CI only.
        gate_from: a git ref: gate and baseline are those of the commit where HEAD left it.
        commit: what is measured, where HEAD is a merge commit that only the CI knows; None takes HEAD.
    """

    suite: Path
    agent: Path | None = None
    policy: Path | None = None
    model: str | None = None
    samples: int | None = None
    baseline: Path | None = None
    out: Path = Path("canary-out")
    concurrency: int | None = None
    seed: int = 0
    max_usd: float | None = None
    start: Start = Start.AFRESH
    looks: tuple[int, ...] | None = None
    fixed: bool = False
    max_samples: int | None = None
    history: tuple[Path, ...] = ()
    recording: Recording | None = None
    confirm: bool | None = None
    gate_from: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A canary that can start: every file was read, every grader compiled, every tool has a stand-in.

    Attributes:
        schedule_asked: True if the command line names it, so that another one in the folder is a contradiction.
        max_samples: go on to this many runs per case while undecided; None stops at the planned ones.
        history: earlier results, for the report's trend.
        confirms: whether a drift is measured again, against a fresh baseline.
        notes: what the reader must know about the rules, whatever is measured.
    """

    evaluation: Evaluation
    graders: Mapping[str, tuple[Grader, ...]]
    judges: JudgePanel
    baseline_file: Path | None
    schedule_asked: bool
    max_samples: int | None
    history: tuple[DatedResult, ...]
    confirms: bool
    notes: tuple[str, ...]


def prepare(options: CanaryOptions, environ: Mapping[str, str]) -> Prepared:
    """Read and check everything; nothing is started."""
    rules = _rules(options)
    suite, baseline = rules.suite, rules.baseline
    manifest = manifest_of(suite, options)
    contract = manifest.contract if manifest else None
    kinds = tuple(manifest.policy.pii_redaction) if manifest else ALL_KINDS
    judges = JudgePanel(suite.root, environ, kinds)
    graders = graders_of(suite.cases, GraderContext(suite.root, judges, contract))
    return Prepared(
        evaluation=_evaluation(options, suite, manifest, baseline, kinds, environ),
        graders=graders,
        judges=judges,
        baseline_file=rules.baseline_file,
        schedule_asked=options.samples is not None or options.looks is not None or options.fixed,
        max_samples=_max_samples(options, environ),
        history=_read_history(options.history),
        confirms=baseline is not None and _confirms(options, environ),
        notes=rules.notes,
    )


def _evaluation(
    options: CanaryOptions,
    suite: Suite,
    manifest: Manifest | None,
    baseline: SuiteResult | None,
    kinds: tuple[PiiKind, ...],
    environ: Mapping[str, str],
) -> Evaluation:
    concurrency = options.concurrency or suite.concurrency
    return Evaluation(
        suite=suite,
        manifest=manifest,
        target=open_target(suite, manifest, environ, concurrency),
        baseline=baseline,
        schedule=_schedule(options, suite, compared=baseline is not None),
        concurrency=concurrency,
        seed=options.seed,
        max_usd=_cap_of(options, suite),
        pii_kinds=kinds,
        commit=options.commit or commit_of(suite.root),
        start=options.start,
        folder=options.out,
    )


def _rules(options: CanaryOptions) -> Rules:
    """The suite and what it is judged by: its own gate and the baseline beside it, or those of an earlier commit."""
    suite = load_suite(options.suite)
    if options.gate_from is None:
        file = options.baseline or default_baseline(suite)
        return Rules(suite, load_reference(file, keep_text=False) if file else None, file)
    return rules_from(options.gate_from, suite, options.suite, options.baseline)


def _schedule(options: CanaryOptions, suite: Suite, *, compared: bool) -> Schedule:
    """Without a baseline there is nothing to look at before the end."""
    if options.fixed and options.looks is not None:
        raise InvalidInput.one("--looks", "contradicts --fixed", "leave one of them out")
    # Looks that somebody named say how far to go too, unless --samples does.
    named = options.looks or suite.looks
    samples = options.samples or (None if named else suite.samples)
    looking = looking_schedule(samples, named or DEFAULT_LOOKS)
    return looking if compared and not options.fixed else fixed_schedule(looking.planned)


def _max_samples(options: CanaryOptions, environ: Mapping[str, str]) -> int | None:
    """In CI nobody waits at a terminal to add runs to an undecided verdict: they are added at once."""
    return options.max_samples or (HORIZON if in_ci(environ) else None)


def _confirms(options: CanaryOptions, environ: Mapping[str, str]) -> bool:
    """In CI a drift blocks somebody's change: it is measured again before it does."""
    return in_ci(environ) if options.confirm is None else options.confirm


def in_ci(environ: Mapping[str, str]) -> bool:
    """True where nobody waits at a terminal."""
    return environ.get("CI", "").lower() in {"true", "1"}


def manifest_of(suite: Suite, options: CanaryOptions) -> Manifest | None:
    """The agent of our own runtime that the suite evaluates; None for any other target."""
    named = suite.target.runtime
    if named is None:
        flags = {"--agent": options.agent, "--policy": options.policy, "--model": options.model}
        flags |= {f"--{options.recording.tape}": options.recording.path} if options.recording else {}
        flag = next((flag for flag, value in flags.items() if value is not None), None)
        if flag is not None:
            raise InvalidInput.one(
                flag, f"does not apply: the suite's target is {suite.target.description}", f"leave {flag} out"
            )
        return None
    agent = options.agent or _beside(suite, named.agent, "agent")
    policy = options.policy or _beside(suite, named.policy, "policy")
    return replace(load_manifest(agent, policy, options.model), recording=options.recording)


def _beside(suite: Suite, reference: str, key: str) -> Path:
    try:
        resolve_inside(suite.root, reference)
    except ValueError as error:
        problem = suite.document.problem(
            ("target", "runtime", key), str(error), "keep it beside the suite or below"
        )
        raise InvalidInput([problem]) from None
    return suite.root / reference


def _cap_of(options: CanaryOptions, suite: Suite) -> float | None:
    """The spending cap; recorded runs cost what they cost, but nothing is spent on them now."""
    replayed = options.recording is not None and options.recording.tape is RecordingMode.REPLAY
    if suite.target.recorded is not None or replayed:
        return None
    return options.max_usd if options.max_usd is not None else suite.gate.max_usd


def default_baseline(suite: Suite) -> Path | None:
    """baselines/SUITE.json beside the suite, if it is there."""
    path = usual_baseline(suite)
    return path if path.exists() else None


def usual_baseline(suite: Suite) -> Path:
    """Where the suite's baseline is kept."""
    return suite.baseline_of(suite.name)


def _read_history(folders: tuple[Path, ...]) -> tuple[DatedResult, ...]:
    """Every earlier result; none yet is fine in a folder that exists, as on a schedule's first night."""
    filled = [path for path in folders if not path.is_dir() or any(path.rglob("samples.jsonl"))]
    if not filled:
        return ()
    from evals.gate.trend import read_dated_results

    return read_dated_results(filled)
