"""Canary, end to end: prepare everything that can be wrong, measure, judge, write.

The four stages are `prepare` (no money spent, every mistake found), `measure` (the agent runs), `conclude`
(numbers to a Verdict) and `write_results` (files). `run_canary` is their sequence.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent_runtime.errors import InvalidInput
from agent_runtime.guard.redact import ALL_KINDS, Redactor
from agent_runtime.manifest import Manifest, load_manifest, resolve_inside
from agent_runtime.policy import PiiKind
from evals.baseline import load_reference
from evals.graders import Grader, Means, graders_of, judge
from evals.judging import Jury
from evals.progress import display
from evals.records import Attempt, CaseResult, Event, Grade, Sample, SuiteResult, Verdict, VerdictKind
from evals.results import prepare_folder, write_results
from evals.sampler import SamplingOutcome, sample_suite
from evals.suite import EvalCase, GateSettings, Suite, load_suite
from evals.targets.interface import Target


@dataclass(frozen=True, slots=True)
class CanaryOptions:
    """What the command line asked for; None means the suite decides."""

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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A canary that can start: every file was read, every grader compiled, every tool has a stand-in.

    Attributes:
        manifest: of our own runtime's agent; None for any other target.
        pii_kinds: what is redacted in everything that is written down.
    """

    suite: Suite
    manifest: Manifest | None
    target: Target
    graders: Mapping[str, tuple[Grader, ...]]
    jury: Jury
    baseline: SuiteResult | None
    baseline_file: Path | None
    samples: int
    concurrency: int
    seed: int
    max_usd: float | None
    pii_kinds: tuple[PiiKind, ...]
    commit: str | None
    out: Path

    @property
    def calls(self) -> int:
        """Runs of the agent this canary makes, infrastructure retries aside."""
        return len(self.suite.cases) * self.samples


def run_canary(options: CanaryOptions, environ: Mapping[str, str], *, quiet: bool = False) -> Verdict:
    """Run a canary and write its results into `options.out`.

    Raises:
        InvalidInput: before anything is run or spent.
    """
    ready = prepare(options, environ)
    prepare_folder(options.out)
    if not quiet:
        sys.stderr.write(f"{estimate(ready)}\n")
    outcome = asyncio.run(measure(ready, quiet=quiet))
    result = result_of(ready, outcome)
    verdict = conclude(ready, result, outcome)
    write_results(options.out, verdict, result, ready.baseline)
    return verdict


def prepare(options: CanaryOptions, environ: Mapping[str, str]) -> Prepared:
    """Read and check everything; nothing is started."""
    suite = load_suite(options.suite)
    manifest = manifest_of(suite, options)
    contract = manifest.contract if manifest else None
    kinds = tuple(manifest.policy.pii_redaction) if manifest else ALL_KINDS
    jury = Jury(suite.root, environ, kinds)
    graders = graders_of(suite.cases, Means(suite.root, jury, contract))
    baseline_file = options.baseline or default_baseline(suite)
    samples = options.samples or suite.samples
    concurrency = min(options.concurrency or suite.concurrency, len(suite.cases) * samples)
    return Prepared(
        suite=suite,
        manifest=manifest,
        target=_open_target(suite, manifest, environ, concurrency),
        graders=graders,
        jury=jury,
        baseline=load_reference(baseline_file) if baseline_file else None,
        baseline_file=baseline_file,
        samples=samples,
        concurrency=concurrency,
        seed=options.seed,
        max_usd=options.max_usd if options.max_usd is not None else suite.gate.max_usd,
        pii_kinds=kinds,
        commit=_commit_of(suite.root),
        out=options.out,
    )


def manifest_of(suite: Suite, options: CanaryOptions) -> Manifest | None:
    """The agent of our own runtime that the suite evaluates; None for any other target."""
    named = suite.target.runtime
    if named is None:
        given = {"--agent": options.agent, "--policy": options.policy, "--model": options.model}
        flag = next((flag for flag, value in given.items() if value is not None), None)
        if flag is not None:
            raise InvalidInput.one(
                flag, "does not apply: the suite's target is an HTTP endpoint", f"leave {flag} out"
            )
        return None
    agent = options.agent or _beside(suite, named.agent, "agent")
    policy = options.policy or _beside(suite, named.policy, "policy")
    return load_manifest(agent, policy, options.model)


def _beside(suite: Suite, reference: str, key: str) -> Path:
    try:
        resolve_inside(suite.root, reference)
    except ValueError as error:
        problem = suite.document.problem(
            ("target", "runtime", key), str(error), "keep it beside the suite or below"
        )
        raise InvalidInput([problem]) from None
    return suite.root / reference


def default_baseline(suite: Suite) -> Path | None:
    """baselines/SUITE.json beside the suite, if it is there."""
    path = suite.root / "baselines" / f"{suite.name}.json"
    return path if path.exists() else None


def _open_target(
    suite: Suite, manifest: Manifest | None, environ: Mapping[str, str], concurrency: int
) -> Target:
    if manifest is None:
        from evals.targets.http import HttpAgent

        return HttpAgent(suite, concurrency=concurrency, environ=environ)
    from agent_runtime.telemetry import open_telemetry
    from evals.targets.runtime import RuntimeAgent, unstubbed_tools

    problems = unstubbed_tools(manifest, suite.cases)
    if problems:
        raise InvalidInput(problems)
    return RuntimeAgent(manifest, open_telemetry(environ), environ)


def _commit_of(folder: Path) -> str | None:
    """The commit checked out at `folder`; None outside git."""
    command = ["git", "-C", str(folder), "rev-parse", "--verify", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except OSError:
        return None
    return found.stdout.strip() or None


def estimate(ready: Prepared) -> str:
    """What this canary will do and may cost, in one line, before the first call."""
    agent = ready.target.agent or "the endpoint"
    runs = f"{len(ready.suite.cases)} cases × {ready.samples} = {ready.calls} runs of {agent}"
    if ready.target.simulated and not ready.jury.estimate:
        return f"{runs}; simulated model, no money is spent"
    parts = [runs, *([ready.jury.estimate] if ready.jury.estimate else [])]
    if (mean := _mean_cost(ready.baseline)) is not None:
        parts.append(f"about ${mean * ready.calls:.2f} going by the baseline")
    if ready.target.worst_case_usd is not None:
        parts.append(f"at most ${ready.target.worst_case_usd * ready.calls:.2f}")
    if ready.max_usd is not None:
        parts.append(f"stops before ${ready.max_usd:.2f}")
    return "; ".join(parts)


def _mean_cost(baseline: SuiteResult | None) -> float | None:
    costs = (
        [sample.cost_usd for sample in baseline.samples if sample.cost_usd is not None] if baseline else []
    )
    return sum(costs) / len(costs) if costs else None


async def measure(ready: Prepared, *, quiet: bool) -> SamplingOutcome:
    """Run every case N times."""
    async with ready.target as target, ready.jury as jury:
        with display(ready.calls, sys.stderr, quiet=quiet) as progress:
            outcome = await sample_suite(
                ready.suite.cases,
                ready.samples,
                target,
                partial(_judge, ready),
                concurrency=ready.concurrency,
                seed=ready.seed,
                fingerprint=target.fingerprint,
                on_sample=progress.note,
                max_usd=ready.max_usd,
            )
    return replace(outcome, warnings=(*outcome.warnings, *jury.warnings))


async def _judge(ready: Prepared, case: EvalCase, attempt: Attempt) -> tuple[bool | None, tuple[Grade, ...]]:
    return await judge(ready.graders[case.case_id], attempt)


def result_of(ready: Prepared, outcome: SamplingOutcome) -> SuiteResult:
    """The samples as a SuiteResult, redacted: this is what may be written down."""
    by_case: dict[str, list[Sample]] = {}
    for sample in outcome.samples:
        by_case.setdefault(sample.case_id, []).append(redacted(sample, ready.pii_kinds))
    return SuiteResult(
        suite=ready.suite.name,
        cases=tuple(
            _case_result(case, by_case.get(case.case_id, []), ready.pii_kinds) for case in ready.suite.cases
        ),
        fingerprint=ready.target.fingerprint,
        commit=ready.commit,
        simulated=ready.target.simulated,
        agent=ready.target.agent,
        model=ready.target.model,
    )


def _case_result(case: EvalCase, samples: list[Sample], kinds: tuple[PiiKind, ...]) -> CaseResult:
    return CaseResult(
        case_id=case.case_id,
        samples=tuple(samples),
        comparability=case.comparability,
        tags=case.tags,
        must_pass=case.must_pass,
        input_text=Redactor(kinds).redact(case.input_text),
    )


def redacted(sample: Sample, kinds: tuple[PiiKind, ...]) -> Sample:
    """The sample with placeholders for personal data in everything the agent said, did or was told."""
    clean = Redactor(kinds).redact
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


def conclude(ready: Prepared, result: SuiteResult, outcome: SamplingOutcome) -> Verdict:
    """Judge; a run that was cut short measured nothing, however good it looks."""
    from evals.gate import judge as judge_result

    verdict = judge_result(ready.baseline, result, ready.suite.gate, expected_runs=ready.calls)
    verdict = replace(verdict, warnings=(*outcome.warnings, *verdict.warnings))
    if outcome.stopped is None:
        return verdict
    reason = f"{outcome.reason} after {len(outcome.samples)} of {ready.calls} runs"
    return replace(
        verdict,
        verdict=VerdictKind.NOT_MEASURED,
        headline=f"**NOT MEASURED** — {reason}.",
        reasons=(reason, *verdict.reasons),
    )


def compare_files(
    baseline: Path, candidate: Path, out: Path, settings: GateSettings, seed: int | None = None
) -> Verdict:
    """Judge two saved results, of any harness, and write the same files as a canary."""
    from evals.gate import judge as judge_result

    before, after = load_reference(baseline), load_reference(candidate)
    prepare_folder(out)
    verdict = judge_result(before, after, settings, seed=seed)
    write_results(out, verdict, after, before)
    return verdict


def render_again(folder: Path, baseline: Path | None) -> Path:
    """Render the report of a canary folder again; returns its path."""
    from evals.results import read_results, render_results

    verdict, result = read_results(folder)
    render_results(folder, verdict, result, load_reference(baseline) if baseline else None)
    return folder / "report.html"
