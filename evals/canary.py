"""Canary, end to end: prepare everything that can be wrong, measure look by look, judge, write.

The stages are `prepare` (no money spent, every mistake found), `open_journal` (what is there already), `measure`
(the agent runs, and the gate looks), `conclude` (what the last look says) and `write_results` (files).
`run_canary` is their sequence.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.errors import InvalidInput
from agent_runtime.guard.redact import ALL_KINDS, Redactor
from agent_runtime.manifest import Manifest, Recording, Tape, load_manifest, resolve_inside
from agent_runtime.policy import PiiKind
from evals.baseline import load_reference, samples_file
from evals.fixtures import fixture_warnings
from evals.gate_origin import Rules, rules_from
from evals.graders import Grader, Means, graders_of, judge
from evals.journal import CannotKeepRuns, Journal, Start, claimed, open_journal
from evals.judging import Jury
from evals.longtexts import LongTexts
from evals.looks import DEFAULT_LOOKS, HORIZON
from evals.pacing import Pace
from evals.progress import Display, display
from evals.protocol import StudyProtocol
from evals.records import Attempt, CaseResult, Event, Grade, Sample, SuiteResult, Verdict, VerdictKind
from evals.results import prepare_folder, write_judgement, write_results
from evals.run_file import now, write_run_file
from evals.sampler import Sampler, plan_runs
from evals.samples import copy_samples, write_samples
from evals.schedule import Course, Schedule, course_beyond, course_of, fixed_schedule, looking_schedule
from evals.spending import SpendingCap
from evals.suite import EvalCase, GateSettings, Suite, load_suite
from evals.targets import open_target
from evals.targets.interface import Target

if TYPE_CHECKING:
    from evals.report.trend import TrendSection
    from evals.trend import Evaluation


@dataclass(frozen=True, slots=True)
class CanaryOptions:
    """What the command line asked for; None means the suite decides.

    Attributes:
        start: whether `out` begins afresh, goes on where it stopped, or is added to.
        looks, fixed: where the gate looks; `fixed` looks once, at the end.
        max_samples: go on to this many runs per case while undecided; None goes on in CI only, to the horizon.
        confirm: measure a drift again, against a fresh baseline; None does so in CI only.
        gate_from: a git ref: gate and baseline are those of the commit where HEAD left it.
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A canary that can start: every file was read, every grader compiled, every tool has a stand-in.

    Attributes:
        manifest: of our own runtime's agent; None for any other target.
        schedule: how far to run and where to look, unless `out` holds an evaluation that began otherwise.
        schedule_asked: True if the command line names it, so that another one in `out` is a contradiction.
        max_samples: go on to this many runs per case while undecided; None stops at the planned ones.
        pii_kinds: what is redacted in everything that is written down.
        history: earlier results, for the report's trend.
        confirms: whether a drift is measured again, against a fresh baseline.
        notes: what the reader must know about the rules, whatever is measured.
    """

    suite: Suite
    manifest: Manifest | None
    target: Target
    graders: Mapping[str, tuple[Grader, ...]]
    jury: Jury
    baseline: SuiteResult | None
    baseline_file: Path | None
    schedule: Schedule
    schedule_asked: bool
    max_samples: int | None
    concurrency: int
    seed: int
    max_usd: float | None
    pii_kinds: tuple[PiiKind, ...]
    commit: str | None
    start: Start
    out: Path
    history: tuple[Evaluation, ...] = ()
    confirms: bool = False
    notes: tuple[str, ...] = ()

    @property
    def samples(self) -> int:
        """Runs per case that are planned."""
        return self.schedule.planned

    @property
    def frame(self) -> SuiteResult:
        """The result before the first run: what is known without running anything."""
        return SuiteResult(
            suite=self.suite.name,
            cases=tuple(_case_frame(case, self.pii_kinds) for case in self.suite.cases),
            fingerprint=self.target.fingerprint,
            commit=self.commit,
            simulated=self.target.simulated,
            agent=self.target.agent,
            model=self.target.model,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of the runs.

    Attributes:
        verdict: of the last look; None if it was not reached.
        stopped: why, in plain words, the runs ended before it; "" if they did not.
        look: runs per case up to which runs were made.
        warnings: what the reader must know about the runs.
    """

    verdict: Verdict | None
    stopped: str
    look: int
    warnings: tuple[str, ...]


def run_canary(options: CanaryOptions, environ: Mapping[str, str], *, quiet: bool = False) -> Verdict:
    """Run a canary and write its results into `options.out`.

    Raises:
        InvalidInput: before anything is run or spent.
        CannotKeepRuns: what was measured before the disk was full is kept, and can be resumed.
    """
    ready = prepare(options, environ)
    prepare_folder(ready.out)
    with claimed(ready.out):
        journal = open_evaluation(ready)
        course = _course(ready, journal)
        if not quiet:
            sys.stderr.write(f"{estimate(ready, journal, course)}\n")
        started_at = now()
        try:
            measured = asyncio.run(measure(ready, journal, course, quiet=quiet))
            result, verdict = conclude(ready, journal, measured)
            verdict = replace(verdict, warnings=(*ready.notes, *verdict.warnings))
            if ready.confirms:
                from evals.confirmation import confirm_drift

                runs = journal.protocol.schedule.planned
                verdict = confirm_drift(ready, options, environ, result, verdict, runs=runs, quiet=quiet)
            _write(ready, verdict, result, started_at)
        finally:
            journal.close()
        if not measured.stopped:
            journal.finish()
    return verdict


def prepare(options: CanaryOptions, environ: Mapping[str, str]) -> Prepared:
    """Read and check everything; nothing is started."""
    rules = _rules(options)
    suite, baseline = rules.suite, rules.baseline
    manifest = manifest_of(suite, options)
    contract = manifest.contract if manifest else None
    kinds = tuple(manifest.policy.pii_redaction) if manifest else ALL_KINDS
    jury = Jury(suite.root, environ, kinds)
    graders = graders_of(suite.cases, Means(suite.root, jury, contract))
    concurrency = options.concurrency or suite.concurrency
    return Prepared(
        suite=suite,
        manifest=manifest,
        target=open_target(suite, manifest, environ, concurrency),
        graders=graders,
        jury=jury,
        baseline=baseline,
        baseline_file=rules.baseline_file,
        schedule=_schedule(options, suite, compared=baseline is not None),
        schedule_asked=options.samples is not None or options.looks is not None or options.fixed,
        max_samples=_max_samples(options, environ),
        concurrency=concurrency,
        seed=options.seed,
        max_usd=_cap_of(options, suite),
        pii_kinds=kinds,
        commit=_commit_of(suite.root),
        start=options.start,
        out=options.out,
        history=_read_history(options.history),
        confirms=baseline is not None and _confirms(options, environ),
        notes=rules.notes,
    )


def _rules(options: CanaryOptions) -> Rules:
    """The suite and what it is judged by: its own gate and the baseline beside it, or those of an earlier commit."""
    suite = load_suite(options.suite)
    if options.gate_from is None:
        file = options.baseline or default_baseline(suite)
        return Rules(suite, load_reference(file, keep_text=False) if file else None, file)
    return rules_from(options.gate_from, suite, options.suite, options.baseline or usual_baseline(suite))


def _schedule(options: CanaryOptions, suite: Suite, *, compared: bool) -> Schedule:
    """Without a baseline there is nothing to look at before the end."""
    if options.fixed and options.looks is not None:
        raise InvalidInput.one("--looks", "contradicts --fixed", "leave one of them out")
    named = options.looks or suite.looks
    samples = options.samples or (None if named else suite.samples)
    looking = looking_schedule(samples, named or DEFAULT_LOOKS)
    return looking if compared and not options.fixed else fixed_schedule(looking.planned)


def _max_samples(options: CanaryOptions, environ: Mapping[str, str]) -> int | None:
    """In CI nobody waits at a terminal to add runs to an undecided verdict: they are added at once."""
    return options.max_samples or (HORIZON if _in_ci(environ) else None)


def _confirms(options: CanaryOptions, environ: Mapping[str, str]) -> bool:
    """In CI a drift blocks somebody's change: it is measured again before it does."""
    return _in_ci(environ) if options.confirm is None else options.confirm


def _in_ci(environ: Mapping[str, str]) -> bool:
    return environ.get("CI", "").lower() in {"true", "1"}


def manifest_of(suite: Suite, options: CanaryOptions) -> Manifest | None:
    """The agent of our own runtime that the suite evaluates; None for any other target."""
    named = suite.target.runtime
    if named is None:
        given = {"--agent": options.agent, "--policy": options.policy, "--model": options.model}
        given |= {f"--{options.recording.tape}": options.recording.path} if options.recording else {}
        flag = next((flag for flag, value in given.items() if value is not None), None)
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
    replayed = options.recording is not None and options.recording.tape is Tape.REPLAY
    if suite.target.recorded is not None or replayed:
        return None
    return options.max_usd if options.max_usd is not None else suite.gate.max_usd


def default_baseline(suite: Suite) -> Path | None:
    """baselines/SUITE.json beside the suite, if it is there."""
    path = usual_baseline(suite)
    return path if path.exists() else None


def usual_baseline(suite: Suite) -> Path:
    """Where the suite's baseline is kept."""
    return suite.root / "baselines" / f"{suite.name}.json"


def _commit_of(folder: Path) -> str | None:
    """The commit checked out at `folder`; None outside git."""
    command = ["git", "-C", str(folder), "rev-parse", "--verify", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except OSError:
        return None
    return found.stdout.strip() or None


def open_evaluation(ready: Prepared) -> Journal:
    """The runs that are kept in `ready.out`: none yet, or those of the evaluation that goes on there."""
    protocol = StudyProtocol.of(ready.frame, ready.seed, ready.baseline, ready.schedule)
    return open_journal(ready.out, ready.frame, protocol, ready.start, any_schedule=not ready.schedule_asked)


def _course(ready: Prepared, journal: Journal) -> Course:
    """What this call does, given what is there already."""
    schedule = journal.protocol.schedule
    if ready.start is Start.ADD:
        looked_at, compared = journal.protocol.looked_at, ready.baseline is not None
        return course_beyond(schedule, looked_at, compared=compared, most=ready.max_samples)
    return course_of(schedule, reached=journal.reached, most=ready.max_samples)


def _read_history(folders: tuple[Path, ...]) -> tuple[Evaluation, ...]:
    """Every earlier result; none yet is fine in a folder that exists, as on a schedule's first night."""
    filled = [path for path in folders if not path.is_dir() or any(path.rglob("samples.jsonl"))]
    if not filled:
        return ()
    from evals.trend import read_evaluations

    return read_evaluations(filled)


def _over_time(ready: Prepared, result: SuiteResult) -> tuple[TrendSection, ...]:
    """The trend of this suite up to and including this result; empty without a history."""
    if not ready.history:
        return ()
    from evals.report.trend import trend_section
    from evals.trend import evaluation, trends

    now_too = [one for one in ready.history if one.folder != ready.out.resolve()]
    found = trends([*now_too, evaluation(ready.out.resolve(), result)])
    return tuple(
        trend_section(trend)
        for trend in found
        if (trend.suite, trend.simulated) == (result.suite, result.simulated)
    )


def estimate(ready: Prepared, journal: Journal, course: Course) -> str:
    """What this canary will do and may cost, in one line, before the first call."""
    agent = ready.target.agent or "the endpoint"
    most = "at most " if len(course.looks) > 1 else ""
    calls = len(ready.suite.cases) * course.last
    runs = f"{len(ready.suite.cases)} cases × {most}{course.last} = {most}{calls} runs of {agent}"
    parts = [runs, journal.opening] if journal.opening else [runs]
    return "; ".join(
        [*parts, *expense(ready, calls - len(journal.samples), most or "about "), *_again(ready)]
    )


def _again(ready: Prepared) -> Iterator[str]:
    """What a drift would take on top, in words."""
    if ready.confirms:
        yield f"a drift is confirmed with {2 * len(ready.suite.cases) * ready.samples} more runs"


def expense(ready: Prepared, calls: int, about: str = "about ") -> Iterator[str]:
    """What `calls` runs may cost, in words."""
    if ready.jury.estimate:
        yield ready.jury.estimate
    if ready.suite.target.recorded is not None:
        yield "as recorded: no agent is called, no money is spent"
        return
    if (source := _free_answers(ready)) is not None:
        free = "the agent costs no money" if ready.jury.estimate else "no money is spent"
        yield f"{source}, {free}"
        return
    if (mean := _mean_cost(ready.baseline)) is not None:
        yield f"{about}${mean * calls:.2f} going by the baseline"
    if ready.target.worst_case_usd is not None:
        yield f"at most ${ready.target.worst_case_usd * calls:.2f}"
    if ready.max_usd is not None:
        yield f"stops before ${ready.max_usd:.2f}"


def _free_answers(ready: Prepared) -> str | None:
    """Where answers come from that cost nothing; None if a real model may be asked."""
    recording = ready.manifest.recording if ready.manifest is not None else None
    if recording is not None and recording.tape is Tape.REPLAY:
        return "recorded answers"
    simulated = ready.target.simulated if ready.manifest is None else ready.manifest.spec.simulated
    return "simulated model" if simulated else None


def _mean_cost(baseline: SuiteResult | None) -> float | None:
    costs = (
        [sample.cost_usd for sample in baseline.samples if sample.cost_usd is not None] if baseline else []
    )
    return sum(costs) / len(costs) if costs else None


async def measure(ready: Prepared, journal: Journal, course: Course, *, quiet: bool) -> Measured:
    """Make the runs up to each look that are not there yet, until a look decides or the last one is taken."""
    async with sampling(ready, journal, len(ready.suite.cases) * course.last, quiet=quiet) as sampler:
        verdict, look = await _look_by_look(ready, journal, course, sampler)
    return Measured(verdict, sampler.reason, look, (*sampler.warnings, *ready.jury.warnings))


@asynccontextmanager
async def sampling(ready: Prepared, journal: Journal, calls: int, *, quiet: bool) -> AsyncIterator[Sampler]:
    """A sampler on the opened target: it keeps each run in the journal and shows it among `calls`."""
    async with ready.target as target, ready.jury:
        pace = Pace(ready.concurrency, ready.suite.limits)
        with display(calls, sys.stderr, quiet=quiet) as progress:
            for sample in journal.samples.values():
                progress.note(sample)
            sampler = Sampler(
                target,
                partial(grade_attempt, ready),
                _keeper(ready, journal, progress, pace),
                pace=pace,
                cap=_cap(ready, journal),
                seed=ready.seed,
                fingerprint=target.fingerprint,
            )
            with sampler.stopped_by_signals():
                yield sampler


async def _look_by_look(
    ready: Prepared, journal: Journal, course: Course, sampler: Sampler
) -> tuple[Verdict | None, int]:
    """The verdict of the look that decides, or of the last one, and its runs per case; None if it was stopped."""
    verdict = None
    for look in course.looks:
        missing = [run for run in plan_runs(ready.suite.cases, 0, look) if run.key not in journal.samples]
        await sampler.run(missing, ready.concurrency)
        if sampler.stopped is not None:
            return None, look
        verdict = _verdict_at(ready, journal.result(look), course, look)
        journal.look(look)
        if _decided(verdict):
            break
    return verdict, look


def _verdict_at(ready: Prepared, result: SuiteResult, course: Course, look: int) -> Verdict:
    from evals.gate import judge as judge_result

    expected = len(ready.suite.cases) * look
    return judge_result(
        ready.baseline, result, ready.suite.gate, expected_runs=expected, plan=course.plan, look=look
    )


def _decided(verdict: Verdict) -> bool:
    from evals.gate import may_stop

    return may_stop(verdict)


def _cap(ready: Prepared, journal: Journal) -> SpendingCap:
    """What was spent before counts too: the cap is that of the whole evaluation."""
    cap = SpendingCap(ready.max_usd, ready.target.worst_case_usd)
    for sample in journal.samples.values():
        cap.charge(sample)
    return cap


def _keeper(ready: Prepared, journal: Journal, progress: Display, pace: Pace) -> Callable[[Sample], None]:
    """What is done with each run as it ends: redacted, cut, written down, shown."""
    long_texts = LongTexts(ready.out)

    def keep(sample: Sample) -> None:
        journal.keep(long_texts.cut(redacted(sample, ready.pii_kinds)))
        progress.note(sample, pace.slowed_to)

    return keep


async def grade_attempt(
    ready: Prepared, case: EvalCase, attempt: Attempt
) -> tuple[bool | None, tuple[Grade, ...]]:
    """Passed and grades of one attempt, by the graders of its case."""
    return await judge(ready.graders[case.case_id], attempt)


def _case_frame(case: EvalCase, kinds: tuple[PiiKind, ...]) -> CaseResult:
    return CaseResult(
        case_id=case.case_id,
        samples=(),
        comparability=case.comparability,
        tags=case.tags,
        must_pass=case.must_pass,
        input_text=Redactor(kinds).redact(case.input_text),
    )


def redacted(sample: Sample, kinds: tuple[PiiKind, ...]) -> Sample:
    """The sample with placeholders for personal data in everything the agent said, did or was told."""
    clean = cache(Redactor(kinds).redact)  # the answer stands in the output and in the transcript
    return replace(
        sample,
        output=_or_none(clean, sample.output),
        error=_or_none(clean, sample.error),
        grades=tuple(replace(grade, reason=clean(grade.reason)) for grade in sample.grades),
        transcript=tuple(_clean_event(event, clean) for event in sample.transcript),
    )


def _clean_event(event: Event, clean: Callable[[str], str]) -> Event:
    return replace(event, text=clean(event.text), arguments=_or_none(clean, event.arguments))


def _or_none(clean: Callable[[str], str], text: str | None) -> str | None:
    return None if text is None else clean(text)


def conclude(ready: Prepared, journal: Journal, measured: Measured) -> tuple[SuiteResult, Verdict]:
    """What was measured and what it means; runs that were cut short mean nothing, however good they look."""
    if measured.verdict is not None:
        result = journal.result(measured.look)
        return result, _with_warnings(measured.verdict, measured, result)
    result, planned = journal.result(), len(ready.suite.cases) * measured.look
    verdict = _verdict_at(ready, result, Course((measured.look,)), measured.look)
    reason = f"{measured.stopped} after {len(result.samples)} of {planned} runs"
    verdict = not_measured(_with_warnings(verdict, measured, result), [reason])
    kept = "What was measured is kept: `canary --resume` goes on with it."
    return result, replace(verdict, reasons=(*verdict.reasons, kept))


def not_measured(verdict: Verdict, reasons: Sequence[str]) -> Verdict:
    """The verdict on a result with holes: whatever its numbers say, it measured nothing."""
    more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return replace(
        verdict,
        verdict=VerdictKind.NOT_MEASURED,
        headline=f"**NOT MEASURED** — {'; '.join(reasons[:3])}{more}.",
        reasons=(*reasons, *verdict.reasons),
    )


def _with_warnings(verdict: Verdict, measured: Measured, result: SuiteResult) -> Verdict:
    return replace(
        verdict, warnings=(*measured.warnings, *fixture_warnings(result.samples), *verdict.warnings)
    )


def _write(ready: Prepared, verdict: Verdict, result: SuiteResult, started_at: datetime) -> None:
    try:
        write_run_file(ready.out, started_at)
        write_results(ready.out, verdict, result, ready.baseline, _over_time(ready, result))
    except (OSError, InvalidInput) as error:
        what = f"the results cannot be written: {error}"
        raise CannotKeepRuns(f"{what}; the runs are kept: make room and go on with --resume") from None


def compare_files(
    baseline: Path, candidate: Path, out: Path, settings: GateSettings, seed: int | None = None
) -> Verdict:
    """Judge two saved results, of any harness, and write the same files as a canary."""
    from evals.gate import judge as judge_result

    before, after = load_reference(baseline, keep_text=False), load_reference(candidate, keep_text=False)
    prepare_folder(out)
    verdict = judge_result(before, after, settings, seed=seed)
    samples, copy = samples_file(candidate), out / "samples.jsonl"
    if samples is None:
        write_samples(copy, after)
    else:
        copy_samples(samples, copy)
    write_judgement(out, verdict, after, before)
    return verdict


def render_again(folder: Path, baseline: Path | None) -> Path:
    """Render the report of a canary folder again; returns its path."""
    from evals.results import read_results, render_results

    verdict, result = read_results(folder)
    render_results(folder, verdict, result, load_reference(baseline, keep_text=False) if baseline else None)
    return folder / "report.html"
