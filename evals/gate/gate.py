"""The gate: SuiteResult × SuiteResult → Verdict, from a fixed number of runs or at one of several looks.

Success decides; p95 latency and cost per success can find drift and are advisory otherwise. In order of
precedence: a result that is not trustworthy is `not_measured`; a fall is `drift`; a broken floor is
`below_floor` (both exit with 1, and the reasons of a drift name the floors too); without anything to compare
with it is `no_baseline`; else `pass` or `undecided`.

Before the last look of a plan only success decides. Latency and cost are shown; where one of them already lies
above its line a pass waits for the last look, which judges them. The floor of the suite's success rate holds
where the looking ends, a case that must pass at every look: no further run mends its failure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agent_runtime.statistics import stats
from agent_runtime.statistics.boundaries import level_at
from agent_runtime.statistics.looks import LookPlan
from evals.gate import wording
from evals.gate.breakdown import Breakdowns, breakdowns_of, with_fallen_tags
from evals.gate.comparison import (
    FINEST_LEVEL,
    Matched,
    compare_ratios,
    compare_success,
    compare_success_at,
    finite,
    runs_of,
)
from evals.gate.decision import P95, SUCCESS, USD, Decision, Numbers, Objections, decision_on, source_of
from evals.gate.doubts import broken_floors, comparison_warnings, gap, input_warnings, reasons_to_distrust
from evals.gate.evidence import Arms, Evidence, Look, arms_of
from evals.gate.facts import (
    arm_rates,
    arm_totals,
    case_comparison,
    common_pass_k,
    comparison_facts,
    look_facts,
    may_stop_at,
    pass_k_of,
    with_suspicion,
)
from evals.results.facts import ArmFacts, Facts, FailOn
from evals.results.records import SuiteResult, first_runs, identity, in_order
from evals.results.verdict import CaseStatus, Comparison, MetricVerdict, Verdict, VerdictKind
from evals.suite.suite_file import GateSettings


def decide(
    baseline: SuiteResult | None,
    candidate: SuiteResult,
    settings: GateSettings,
    *,
    seed: int | None = None,
    expected_runs: int | None = None,
    plan: LookPlan | None = None,
    look: int | None = None,
) -> Verdict:
    """The verdict on `candidate`: the same input and seed give the same verdict, byte for byte.

    Args:
        seed: of the resampling; by default a hash of the inputs. The verdict holds it.
        expected_runs: cases × samples that should be there; without it, the baseline's cases should be.
        plan, look: with both, this is the look at `look` runs per case (sample_index 0 … look−1) of `plan`,
            and `undecided` before the last look means: go on. The last look of `plan` is the last that the
            caller can make: latency and cost are judged there.
    """
    if plan is None or look is None:
        return _decide(baseline, candidate, settings, seed, expected_runs, None)
    runs = min(look, plan.horizon)
    seen = first_runs(candidate, runs)
    if expected_runs is not None:
        # The caller counted to `look`; past the horizon only what was cut off here can be missing.
        expected_runs = expected_runs * runs // look
    beyond = len(candidate.samples) - len(seen.samples)
    unused = (wording.past_horizon(beyond, plan.horizon),) if look > plan.horizon and beyond else ()
    return _decide(baseline, seen, settings, seed, expected_runs, Look(plan, runs), unused)


def may_stop(verdict: Verdict) -> bool:
    """True unless another look could change what to do; always after the last look, or without a plan.

    Drift and pass are final, and so is a broken floor: one that later runs could mend is not called before the
    looking ends. Where the looks decide nothing, because there is no baseline or too much was lost to an outage,
    the planned runs are made as without looks, and no more.
    """
    look = verdict.facts.look
    return look is None or may_stop_at(verdict.verdict, look.look, look.planned_runs, look.next_look)


def _decide(
    baseline: SuiteResult | None,
    candidate: SuiteResult,
    settings: GateSettings,
    seed: int | None,
    expected_runs: int | None,
    at: Look | None,
    warnings: tuple[str, ...] = (),
) -> Verdict:
    """Evidence, then numbers, then the decision, then its words; the verdict is made once, of all of them."""
    arms = arms_of(baseline, candidate)
    inputs = _digest(baseline, candidate)
    # 48 bits: a seed that JSON readers with floats keep whole (https://www.rfc-editor.org/rfc/rfc8259#section-6).
    seed = int(inputs[:12], 16) if seed is None else seed
    alone = _nothing_to_compare_with(baseline, candidate, arms)
    distrust = reasons_to_distrust(arms, expected_runs, compared=alone is None)
    matched = _matched(arms) if alone is None else None
    if matched is not None and at is not None:
        at = replace(at, level=_level(arms, at))
    # Seeded by the inputs too: one seed for all suites must not draw the same resamples for each.
    numbers = _numbers(arms, matched, settings, _generator(seed, inputs), at)
    floors = tuple(broken_floors(arms.candidate, settings, unrecoverable_only=not _ends(numbers, at, alone)))
    decision = decision_on(
        numbers,
        Objections(distrust, floors, alone),
        settings.margin,
        source_of(candidate.simulated, candidate.model),
    )
    # Tags are tested at one look only: their 5 % is not spent look by look.
    tags = settings.tags if at is None or at.last else []
    inputs_warn = (*gap(arms.candidate, expected_runs), *input_warnings(baseline, candidate, arms))
    return _verdict(
        baseline,
        candidate,
        arms,
        seed,
        decision if at is None else _with_look_facts(decision, at),
        breakdowns_of(arms, seed, tags),
        (*warnings, *numbers.warnings, *inputs_warn),
    )


def _verdict(
    baseline: SuiteResult | None,
    candidate: SuiteResult,
    arms: Arms,
    seed: int,
    decision: Decision,
    breakdowns: Breakdowns,
    warnings: tuple[str, ...],
) -> Verdict:
    """Everything that was decided, with its words."""
    kind, reasons = with_fallen_tags(decision.kind, tuple(wording.reasons(decision)), breakdowns.fallen)
    numbers, pairing = decision.numbers, arms.pairing
    every = [*arms.baseline.values(), *arms.candidate.values()]
    return Verdict(
        verdict=kind,
        headline=wording.headline(replace(decision, kind=kind), reasons),
        reasons=reasons,
        warnings=(*warnings, *breakdowns.warnings),
        metrics=numbers.metrics,
        broken_cases=tuple(case.case_id for case in numbers.cases if case.broken),
        watch_cases=tuple(case.case_id for case in numbers.cases if case.watch),
        shared_cases=pairing.of(CaseStatus.SHARED),
        added_cases=pairing.of(CaseStatus.ADDED, CaseStatus.CHANGED),
        removed_cases=pairing.of(CaseStatus.REMOVED, CaseStatus.CHANGED),
        cases=numbers.cases,
        breakdowns=breakdowns.rows,
        infra_errors=sum(case.infra_errors for case in every),
        grader_errors=sum(case.grader_errors for case in every),
        seed=seed,
        suite=candidate.suite,
        simulated=candidate.simulated,
        agent=candidate.agent,
        model=candidate.model,
        fingerprint=candidate.fingerprint,
        baseline_fingerprint=baseline.fingerprint if baseline is not None else None,
        commit=candidate.commit,
        margin=decision.margin,
        facts=numbers.facts,
    )


# --- one of several looks ---------------------------------------------------------------------------------


def _level(arms: Arms, at: Look) -> float:
    """The error that this look may spend, from the runs measured at each look so far."""
    ids = _measured_in_both(arms)
    seen = [
        [sum(run.sample_index < look for run in arms.candidate[name].runs) for name in ids]
        for look in at.plan.until(at.runs)
    ]
    return level_at([len(arms.baseline[name].runs) for name in ids], seen, at.runs, at.plan.horizon)


def _ends(numbers: Numbers, at: Look | None, alone: str | None) -> bool:
    """Whether the looking is over, floors aside."""
    if at is None or at.last:
        return True
    if alone is not None:
        return at.runs >= at.plan.planned
    return numbers.passes or numbers.metrics[SUCCESS].verdict is MetricVerdict.DRIFT


def _with_look_facts(decision: Decision, at: Look) -> Decision:
    """The decision with the facts of its look, and what stopping here saves."""
    numbers = decision.numbers
    cases = sum(case.status is not CaseStatus.REMOVED for case in numbers.cases)
    look = look_facts(decision.kind, at, cases, numbers.facts.candidate.usd_per_run)
    return replace(decision, numbers=replace(numbers, facts=replace(numbers.facts, look=look)))


# --- what is compared -------------------------------------------------------------------------------------


def _nothing_to_compare_with(baseline: SuiteResult | None, candidate: SuiteResult, arms: Arms) -> str | None:
    if baseline is None:
        return "There is no baseline to compare it with."
    if baseline.replayed != candidate.replayed:
        live, replayed = ("candidate", "baseline") if baseline.replayed else ("baseline", "candidate")
        return f"The {replayed} replays recorded answers and the {live} does not: they cannot be compared."
    if baseline.simulated != candidate.simulated:
        real, simulated = ("candidate", "baseline") if baseline.simulated else ("baseline", "candidate")
        return f"The {simulated} is simulated and the {real} is not: they cannot be compared."
    return None if arms.pairing.of(CaseStatus.SHARED) else "No case is the same as in the baseline."


def _matched(arms: Arms) -> Matched | None:
    """The shared cases with a measured run in both arms, or None if there is none."""
    ids = _measured_in_both(arms)
    if not ids:
        return None
    return Matched(
        runs_of(arms.baseline[name] for name in ids), runs_of(arms.candidate[name] for name in ids)
    )


def _measured_in_both(arms: Arms) -> list[str]:
    return [
        name
        for name in arms.pairing.of(CaseStatus.SHARED)
        if arms.baseline[name].runs and arms.candidate[name].runs
    ]


def _digest(baseline: SuiteResult | None, candidate: SuiteResult) -> str:
    """Hash of everything that the numbers depend on, whatever the order of cases and lines."""
    digest = hashlib.sha256()
    for result in (baseline, candidate):
        # A mark per arm, or runs that moved from one arm to the other would hash alike.
        digest.update(b"\narm")
        for case in sorted(result.cases, key=lambda case: case.case_id) if result is not None else ():
            runs = [identity(sample) for sample in in_order(case.samples)]
            digest.update(repr((case.case_id, case.case_hash, runs)).encode())
    return digest.hexdigest()


def _generator(seed: int, inputs: str) -> np.random.Generator:
    mixed = hashlib.sha256(f"{seed}:{inputs}".encode()).digest()
    return np.random.default_rng(int.from_bytes(mixed[:16], "big"))


# --- the numbers ------------------------------------------------------------------------------------------


def _numbers(
    arms: Arms,
    matched: Matched | None,
    settings: GateSettings,
    rng: np.random.Generator,
    at: Look | None,
) -> Numbers:
    """Both arms compared, or the candidate's own numbers where nothing can be."""
    cases = tuple(case_comparison(name, arms) for name in arms.pairing.status)
    facts = Facts(
        baseline=ArmFacts(arm_totals(arms.baseline)),
        candidate=ArmFacts(arm_totals(arms.candidate)),
        fail_on=None if settings.fail_on is None else FailOn(settings.fail_on),
    )
    alone = Numbers({}, cases, facts)
    if matched is None:
        return _candidate_only(alone, arms.candidate)
    return _compared(alone, matched, settings.margin, rng, at)


def _compared(
    alone: Numbers, matched: Matched, margin: float, rng: np.random.Generator, at: Look | None
) -> Numbers:
    """The numbers with everything that comes from comparing the two arms."""
    # A level of 0 decides nothing about success; latency and cost still need an interval to be shown.
    level = stats.ONE_SIDED if at is None else max(at.level, FINEST_LEVEL)
    if at is None:
        success = compare_success(*matched.counts, margin, rng)
    else:
        success = compare_success_at(at.level, *matched.counts, margin, rng)
    ratios = dict(zip((P95, USD), compare_ratios(matched, rng, level), strict=True))
    waits_for: tuple[str, ...] = ()
    if at is not None and not at.last:
        waits_for = tuple(name for name, ratio in ratios.items() if ratio.verdict is MetricVerdict.DRIFT)
        ratios = {name: _descriptive(ratio) for name, ratio in ratios.items()}
    pass_k = common_pass_k(matched)
    facts = replace(
        alone.facts,
        pass_k=pass_k,
        baseline=replace(alone.facts.baseline, rates=arm_rates(matched.baseline, pass_k)),
        candidate=replace(alone.facts.candidate, rates=arm_rates(matched.candidate, pass_k)),
        comparison=comparison_facts(matched, success, margin, level, at, waits_for),
    )
    return Numbers(
        metrics={SUCCESS: success, **ratios},
        cases=with_suspicion(alone.cases),
        facts=facts,
        warnings=tuple(comparison_warnings(success, facts, matched, level, at)),
    )


def _descriptive(ratio: Comparison) -> Comparison:
    """The ratio as it is shown before the last look, which alone judges it."""
    if ratio.verdict is MetricVerdict.NOT_MEASURABLE:
        return ratio
    return replace(ratio, verdict=MetricVerdict.UNDECIDED, reason="judged at the last look only")


def _candidate_only(numbers: Numbers, evidence: Evidence) -> Numbers:
    """The numbers with the candidate's own metrics, and no change."""
    measured = [case for case in evidence.values() if case.runs]
    if not measured:
        unknown = Comparison(MetricVerdict.NOT_MEASURABLE, reason="nothing was measured")
        return replace(numbers, metrics=dict.fromkeys((SUCCESS, P95, USD), unknown))
    runs = runs_of(measured)
    values = {SUCCESS: runs.counts.rate, P95: stats.p95(runs), USD: finite(stats.usd_per_success(runs))}
    metrics = {
        name: Comparison(MetricVerdict.NOT_MEASURABLE, candidate=value, reason="nothing to compare with")
        for name, value in values.items()
    }
    pass_k = pass_k_of(runs.counts)
    candidate = replace(numbers.facts.candidate, rates=arm_rates(runs, pass_k))
    facts = replace(numbers.facts, pass_k=pass_k, candidate=candidate)
    return replace(numbers, metrics=metrics, facts=facts)


# --- a result with holes ----------------------------------------------------------------------------------


def not_measured(verdict: Verdict, reasons: Sequence[str]) -> Verdict:
    """The verdict on a result with holes: whatever its numbers say, it measured nothing."""
    more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    kind = VerdictKind.NOT_MEASURED
    return replace(
        verdict,
        verdict=kind,
        headline=f"{wording.label(kind)} — {'; '.join(reasons[:3])}{more}.",
        reasons=(*reasons, *verdict.reasons),
    )
