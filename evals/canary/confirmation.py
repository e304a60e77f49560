"""Is a drift the change's doing, or did the provider move? A fresh baseline, measured in the same hour, tells.

Both agents run in alternating blocks (baseline, candidate, candidate, baseline), so that neither has the better part
of the hour. These runs are evidence of their own: they confirm a verdict or set it aside, and are never mixed with
the runs that led to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent_runtime.agent.manifest import Manifest
from agent_runtime.errors import CannotMeasure, InvalidInput
from evals.canary.evaluation import Evaluation, grade_attempt
from evals.canary.preparation import CanaryOptions, Prepared
from evals.gate import wording
from evals.gate.decision import source_of
from evals.gate.gate import decide
from evals.git.baseline_agent import BaselineAgent, BaselineAgentRequest, NoBaselineAgent, baseline_agent
from evals.results.facts import ConfirmationFacts, FreshComparison
from evals.results.records import Sample, SuiteResult
from evals.results.samples import write_samples
from evals.results.texts import redacted
from evals.results.verdict import MetricVerdict, Verdict, VerdictKind
from evals.sampling.caller import Caller
from evals.sampling.pacing import Pace
from evals.sampling.plan import plan_runs, sample_seed
from evals.sampling.sampler import Sampler
from evals.sampling.spending import SpendingCap
from evals.sampling.tally import Tally
from evals.suite.suite_file import GateSettings
from evals.targets import open_target
from evals.targets.interface import Target

BASELINE, CANDIDATE = "baseline", "candidate"
_ORDER = (BASELINE, CANDIDATE, CANDIDATE, BASELINE)
"""Mirrored, so that a provider that gets steadily slower or worse weighs on both alike."""

CONFIRMED = "Confirmed against a fresh baseline in the same hour"
NOT_YOURS = "Not your change: the unchanged agent fell the same way since the baseline was recorded"
NOT_SHOWN = "A fresh baseline in the same hour does not show it"


@dataclass(frozen=True, slots=True)
class Block:
    """Runs of one agent in a row: the first `first` up to, not including, `last` of every case."""

    arm: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FreshRuns:
    """What was measured to confirm a drift; `stopped` says why it ended early, "" if it did not."""

    baseline: SuiteResult
    candidate: SuiteResult
    stopped: str = ""


def decide_confirmation(
    against_now: Verdict, now_against_stored: Verdict, drifted: Sequence[str]
) -> tuple[VerdictKind, str]:
    """What becomes of a drift, and why, in words.

    Args:
        against_now: the candidate against the fresh baseline.
        now_against_stored: the fresh baseline against the stored one.
        drifted: metrics that found the drift, the weightiest first: a latency confirms no fall of success. None
            if a gating tag found it.
    """
    if against_now.verdict is VerdictKind.NOT_MEASURED:
        return VerdictKind.DRIFT, f"Not confirmed: {'; '.join(against_now.reasons)}"
    if _shows(against_now, drifted):
        return VerdictKind.DRIFT, f"{CONFIRMED}: {_success(against_now)}."
    # Only the weightiest metric acquits: a provider that got slower is no excuse for answers that got worse.
    if _shows(now_against_stored, drifted[:1]):
        return VerdictKind.PROVIDER_DRIFT, f"{NOT_YOURS}: {_success(now_against_stored)}."
    # Only a pass refutes. Not to find the drift again with as few runs would be easy.
    if against_now.verdict is VerdictKind.PASS:
        return VerdictKind.UNDECIDED, f"{NOT_SHOWN}: {_success(against_now)}."
    return VerdictKind.DRIFT, f"Not confirmed, not refuted by a fresh baseline: {_success(against_now)}."


def _shows(verdict: Verdict, drifted: Sequence[str]) -> bool:
    """Whether a comparison drifts in one of these metrics; without any, in anything."""
    if verdict.verdict is not VerdictKind.DRIFT:
        return False
    return not drifted or any(verdict.metrics[name].verdict is MetricVerdict.DRIFT for name in drifted)


def blocks(runs: int) -> tuple[Block, ...]:
    """The order of `runs` runs per case and arm; an empty half is left out."""
    half = (runs + 1) // 2
    parts = ((0, half), (0, half), (half, runs), (half, runs))
    return tuple(Block(arm, *part) for arm, part in zip(_ORDER, parts, strict=True) if part[0] < part[1])


async def confirm_drift(
    prepared: Prepared,
    options: CanaryOptions,
    environ: Mapping[str, str],
    result: SuiteResult,
    verdict: Verdict,
    runs: int,
    caller: Caller,
) -> Verdict:
    """The drift `verdict` on `result`, confirmed, set aside, or standing with the reason why neither could be done.

    The fresh runs are kept in the folder as confirmation.baseline.jsonl and confirmation.candidate.jsonl.

    Args:
        runs: per case and arm.
    """
    evaluation, stored = prepared.evaluation, prepared.evaluation.baseline
    if stored is None or verdict.verdict is not VerdictKind.DRIFT:
        return verdict
    try:
        with baseline_agent(_request_for(evaluation, stored, options, environ)) as agent:
            caller.progress.announce(_announcement(evaluation, agent, runs))
            fresh = await _measure(prepared, agent, environ, result.samples, runs, caller)
            where = agent.where
    # No error of the canary: its drift is measured and paid for, and stands with the reason beside it.
    except NoBaselineAgent as reason:
        return _unconfirmed(verdict, str(reason))
    except (InvalidInput, CannotMeasure) as error:
        return _unconfirmed(verdict, f"the fresh baseline could not be measured ({_first_line(error)})")
    _write(evaluation.folder, fresh)
    if fresh.stopped:
        return _unconfirmed(verdict, f"the fresh runs were not completed ({fresh.stopped})")
    return _conclude(verdict, fresh, stored, result, evaluation.suite.gate, where, runs)


def _request_for(
    evaluation: Evaluation, stored: SuiteResult, options: CanaryOptions, environ: Mapping[str, str]
) -> BaselineAgentRequest:
    return BaselineAgentRequest(
        evaluation.suite,
        options.suite,
        stored,
        environ,
        evaluation.concurrency,
        agent=options.agent,
        policy=options.policy,
        model=options.model,
    )


def _announcement(evaluation: Evaluation, agent: BaselineAgent, runs: int) -> str:
    calls = len(evaluation.suite.cases) * runs
    return f"drift: confirming it with {calls} fresh runs of the candidate and {calls} of {agent.where}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


# --- the fresh runs ---------------------------------------------------------------------------------------


async def _measure(
    prepared: Prepared,
    agent: BaselineAgent,
    environ: Mapping[str, str],
    charged: Sequence[Sample],
    runs: int,
    caller: Caller,
) -> FreshRuns:
    """Both arms, block by block, under the cap of the whole canary; `charged` is what counts on it already."""
    evaluation = prepared.evaluation
    suite, concurrency = evaluation.suite, evaluation.concurrency
    openers: Mapping[str, Callable[[], Target]] = {
        BASELINE: agent.target,
        CANDIDATE: partial(open_target, suite, _without_recording(evaluation.manifest), environ, concurrency),
    }
    samples_of: dict[str, list[Sample]] = {BASELINE: [], CANDIDATE: []}
    cap = _cap(evaluation, [opened().worst_case_usd for opened in openers.values()], charged)
    stopped, tally = "", Tally()
    async with prepared.judges:
        with caller.progress.stretch(2 * runs * len(suite.cases), "runs") as stretch:
            for block in blocks(runs):
                # The arm as a default: a closure would see the block that the loop has come to.
                def keep(sample: Sample, arm: str = block.arm) -> None:
                    samples_of[arm].append(redacted(sample, evaluation.pii_kinds))
                    tally.show(stretch, sample)

                stopped = await _run_block(prepared, openers[block.arm](), block, cap, keep, caller)
                if stopped:
                    break
    return FreshRuns(
        _result(evaluation, samples_of[BASELINE]), _result(evaluation, samples_of[CANDIDATE]), stopped
    )


def _cap(evaluation: Evaluation, costs: Sequence[float | None], charged: Sequence[Sample]) -> SpendingCap:
    cap = SpendingCap(evaluation.max_usd, _worst_case(costs))
    for sample in charged:
        cap.charge(sample)
    return cap


def _without_recording(manifest: Manifest | None) -> Manifest | None:
    """Fresh runs are not written over the recording that the canary just made."""
    return None if manifest is None else replace(manifest, recording=None)


def _worst_case(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    # One arm without a price makes both unknown: then the cap learns from what runs cost.
    return max(known) if len(known) == len(costs) else None


async def _run_block(
    prepared: Prepared,
    target: Target,
    block: Block,
    cap: SpendingCap,
    keep: Callable[[Sample], None],
    caller: Caller,
) -> str:
    """Open the target, make the runs, close it; returns why it was stopped, "" if it was not."""
    evaluation = prepared.evaluation
    plan = plan_runs(evaluation.suite.cases, block.first, block.last)
    async with target as opened:
        sampler = Sampler(
            opened,
            partial(grade_attempt, prepared.graders),
            keep,
            pace=Pace(evaluation.concurrency, evaluation.suite.limits),
            cap=cap,
            seed=confirmation_seed(evaluation.seed, block.arm),
            fingerprint=opened.fingerprint,
        )
        with caller.cancellation.listen(sampler.interrupt):
            await sampler.run(plan, evaluation.concurrency)
    return sampler.reason


def confirmation_seed(seed: int, arm: str) -> int:
    """Another seed for each arm: a simulated agent must not repeat the runs that it is to confirm."""
    return sample_seed(seed, "confirmation", arm, 0)


def _result(evaluation: Evaluation, samples: Sequence[Sample]) -> SuiteResult:
    """The fresh runs of one arm. No floor holds here: it was judged on the canary's own evidence."""
    frame = evaluation.frame
    ordered = sorted(samples, key=lambda sample: sample.sample_index)
    cases = tuple(
        replace(
            case,
            must_pass=False,
            samples=tuple(sample for sample in ordered if sample.case_id == case.case_id),
        )
        for case in frame.cases
    )
    return replace(frame, cases=cases)


def _write(folder: Path, fresh: FreshRuns) -> None:
    for arm, result in ((BASELINE, fresh.baseline), (CANDIDATE, fresh.candidate)):
        write_samples(folder / f"confirmation.{arm}.jsonl", result)


# --- what they say ----------------------------------------------------------------------------------------


def _conclude(
    verdict: Verdict,
    fresh: FreshRuns,
    stored: SuiteResult,
    result: SuiteResult,
    gate: GateSettings,
    where: str,
    runs: int,
) -> Verdict:
    # Floors were judged on the canary's own runs; these few would only judge them once more.
    without_floor = gate.model_copy(update={"min_success_rate": None})
    expected = runs * len(result.cases)
    against_now = decide(fresh.baseline, fresh.candidate, without_floor, expected_runs=expected)
    now_against_stored = decide(stored, fresh.baseline, without_floor, expected_runs=expected)
    drifted = [name for name, metric in verdict.metrics.items() if metric.verdict is MetricVerdict.DRIFT]
    kind, reason = decide_confirmation(against_now, now_against_stored, drifted)
    facts = _facts(against_now, now_against_stored, where, runs)
    # A drift that is set aside may have hidden a floor, which needs no baseline and no provider to be broken.
    alone = decide(None, result, gate)
    if kind is not VerdictKind.DRIFT and alone.verdict is VerdictKind.BELOW_FLOOR:
        floors = alone.reasons
        return _with_kind(verdict, VerdictKind.BELOW_FLOOR, (*floors[:1], reason, *floors[1:]), facts)
    return _with_kind(verdict, kind, (reason,), facts)


def _with_kind(
    verdict: Verdict, kind: VerdictKind, reasons: tuple[str, ...], fresh: FreshComparison
) -> Verdict:
    after = replace(
        verdict, verdict=kind, facts=replace(verdict.facts, confirmation=ConfirmationFacts(fresh))
    )
    if kind is VerdictKind.DRIFT:
        return replace(after, reasons=(*verdict.reasons, *reasons))
    first = reasons[0][:1].lower() + reasons[0][1:]
    seen = "" if kind is VerdictKind.PROVIDER_DRIFT else f" Against the stored baseline: {_success(verdict)}."
    headline = f"{wording.label(kind, source_of(verdict.simulated, verdict.model))} — {first}{seen}"
    return replace(after, headline=headline, reasons=(*reasons, *verdict.reasons))


def _unconfirmed(verdict: Verdict, why: str) -> Verdict:
    facts = replace(verdict.facts, confirmation=ConfirmationFacts())
    return replace(verdict, reasons=(*verdict.reasons, f"Not confirmed: {why}."), facts=facts)


def _facts(against_now: Verdict, now_against_stored: Verdict, where: str, runs: int) -> FreshComparison:
    """What was compared, at which rates, with how many runs."""
    now, then = against_now.metrics["success_rate"], now_against_stored.metrics["success_rate"]
    return FreshComparison(
        fresh_baseline=where,
        runs_per_case=runs,
        success_rate_stored=then.baseline,
        success_rate_baseline_now=now.baseline,
        success_rate_candidate_now=now.candidate,
        against_now=against_now.verdict.value,
        now_against_stored=now_against_stored.verdict.value,
    )


def _success(verdict: Verdict) -> str:
    return wording.brief_success(verdict.metrics["success_rate"])
