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
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from agent_runtime.statistics import stats
from agent_runtime.statistics.boundaries import level_at
from agent_runtime.statistics.looks import LookPlan
from evals.gate import wording
from evals.gate.breakdown import broken_down
from evals.gate.comparison import (
    FINEST_LEVEL,
    Matched,
    compare_ratios,
    compare_success,
    compare_success_at,
    finite,
    runs_of,
)
from evals.gate.doubts import broken_floors, comparison_warnings, gap, input_warnings, why_distrusted
from evals.gate.evidence import (
    Arms,
    Evidence,
    Look,
    arms_of,
)
from evals.gate.facts import (
    arm_facts,
    arm_totals,
    case_comparison,
    comparison_facts,
    more_runs,
    pass_k_of,
    with_suspicion,
)
from evals.results.records import SuiteResult, first_runs, identity, in_order
from evals.results.verdict import Comparison, MetricVerdict, Verdict, VerdictKind
from evals.suite.suite_file import GateSettings

_FINAL = frozenset({VerdictKind.DRIFT, VerdictKind.PASS, VerdictKind.BELOW_FLOOR, VerdictKind.PROVIDER_DRIFT})
SUCCESS, P95, USD = "success_rate", "p95_latency_ms", "usd_per_success"


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
        expected_runs = expected_runs * runs // look
    verdict = _decide(baseline, seen, settings, seed, expected_runs, Look(plan, runs))
    beyond = len(candidate.samples) - len(seen.samples)
    if look <= plan.horizon or not beyond:
        return verdict
    return replace(verdict, warnings=(wording.past_horizon(beyond, plan.horizon), *verdict.warnings))


def may_stop(verdict: Verdict) -> bool:
    """True unless another look could change what to do; always after the last look, or without a plan.

    Drift and pass are final, and so is a broken floor: one that later runs could mend is not called before the
    looking ends. Where the looks decide nothing, because there is no baseline or too much was lost to an outage,
    the planned runs are made as without looks, and no more.
    """
    facts = verdict.facts
    if verdict.verdict in _FINAL or facts.get("next_look") is None:
        return True
    return verdict.verdict is not VerdictKind.UNDECIDED and facts["look"] >= facts["planned_runs"]


def _decide(
    baseline: SuiteResult | None,
    candidate: SuiteResult,
    settings: GateSettings,
    seed: int | None,
    expected_runs: int | None,
    at: Look | None,
) -> Verdict:
    arms = arms_of(baseline, candidate)
    inputs = _digest(baseline, candidate)
    seed = int(inputs[:12], 16) if seed is None else seed
    verdict = _frame(baseline, candidate, arms, settings, seed, expected_runs)
    alone = _why_alone(baseline, candidate, arms)
    distrust = why_distrusted(arms, expected_runs, compared=alone is None)
    matched = _matched(arms) if alone is None else None
    if matched is None:
        verdict = _judged_alone(verdict, arms.candidate)
    else:
        at = at and replace(at, level=_level(arms, at))
        verdict = _compared(verdict, matched, _generator(seed, inputs), at)
    floors = tuple(broken_floors(arms.candidate, settings, for_good=not _ends(verdict, at, alone)))
    verdict = _decided(verdict, distrust, floors, alone)
    worded = _worded(verdict if at is None else _looked(verdict, at), distrust, floors, alone)
    asked = settings if at is None or at.last else settings.model_copy(update={"tags": []})
    return broken_down(worded, arms.baseline, arms.candidate, arms.pairing, asked)


# --- one of several looks ---------------------------------------------------------------------------------


def _level(arms: Arms, at: Look) -> float:
    """The error that this look may spend, from the runs measured at each look so far."""
    ids = _measured_in_both(arms)
    seen = [
        [sum(run.sample_index < look for run in arms.candidate[name].runs) for name in ids]
        for look in at.plan.until(at.runs)
    ]
    return level_at([len(arms.baseline[name].runs) for name in ids], seen, at.runs, at.plan.horizon)


def _ends(verdict: Verdict, at: Look | None, alone: str | None) -> bool:
    """Whether the looking is over, floors aside."""
    if at is None or at.last:
        return True
    if alone is not None:
        return at.runs >= at.plan.planned
    return _passes(verdict) or verdict.metrics[SUCCESS].verdict is MetricVerdict.DRIFT


def _passes(verdict: Verdict) -> bool:
    """A pass waits for the last look if that has to judge a latency or a cost that lies above its line."""
    return verdict.metrics[SUCCESS].verdict is MetricVerdict.PASS and not verdict.facts.get("waits_for")


def _looked(verdict: Verdict, at: Look) -> Verdict:
    """The verdict with the facts of its look, and what stopping here saves."""
    plan = at.plan
    verdict = replace(
        verdict,
        facts={
            **verdict.facts,
            "look": at.runs,
            "looks": list(plan.until(at.runs)),
            "next_look": plan.next_after(at.runs),
            "planned_runs": plan.planned,
            "horizon": plan.horizon,
            "level": at.level,
        },
    )
    early = may_stop(verdict) and at.runs < plan.planned
    cases = sum(case.standing != "removed" for case in verdict.cases)
    saved = (plan.planned - at.runs) * cases if early else 0
    per_run = verdict.facts.get("usd_per_run_candidate")
    savings = {
        "stopped_early": early,
        "runs_saved": saved,
        "usd_saved": None if per_run is None else saved * per_run,
    }
    return replace(verdict, facts={**verdict.facts, **savings})


# --- what is compared -------------------------------------------------------------------------------------


def _why_alone(baseline: SuiteResult | None, candidate: SuiteResult, arms: Arms) -> str | None:
    if baseline is None:
        return "There is no baseline to compare it with."
    if baseline.replayed != candidate.replayed:
        live, replayed = ("candidate", "baseline") if baseline.replayed else ("baseline", "candidate")
        return f"The {replayed} replays recorded answers and the {live} does not: they cannot be compared."
    if baseline.simulated != candidate.simulated:
        real, simulated = ("candidate", "baseline") if baseline.simulated else ("baseline", "candidate")
        return f"The {simulated} is simulated and the {real} is not: they cannot be compared."
    return None if arms.pairing.of("shared") else "No case is the same as in the baseline."


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
        name for name in arms.pairing.of("shared") if arms.baseline[name].runs and arms.candidate[name].runs
    ]


def _digest(baseline: SuiteResult | None, candidate: SuiteResult) -> str:
    """Hash of everything that the numbers depend on, whatever the order of cases and lines."""
    digest = hashlib.sha256()
    for result in (baseline, candidate):
        digest.update(b"\narm")
        for case in sorted(result.cases, key=lambda case: case.case_id) if result is not None else ():
            runs = [identity(sample) for sample in in_order(case.samples)]
            digest.update(repr((case.case_id, case.case_hash, runs)).encode())
    return digest.hexdigest()


def _generator(seed: int, inputs: str) -> np.random.Generator:
    mixed = hashlib.sha256(f"{seed}:{inputs}".encode()).digest()
    return np.random.default_rng(int.from_bytes(mixed[:16], "big"))


# --- whether it can be trusted, and where it may not fall -------------------------------------------------


# --- the parts of a verdict -------------------------------------------------------------------------------


def _frame(
    baseline: SuiteResult | None,
    candidate: SuiteResult,
    arms: Arms,
    settings: GateSettings,
    seed: int,
    expected_runs: int | None,
) -> Verdict:
    """Everything that needs no comparison."""
    pairing, every = arms.pairing, [*arms.baseline.values(), *arms.candidate.values()]
    return Verdict(
        verdict=VerdictKind.NO_BASELINE,
        headline="",
        warnings=(*gap(arms.candidate, expected_runs), *input_warnings(baseline, candidate, arms)),
        shared_cases=pairing.of("shared"),
        added_cases=pairing.of("added", "changed"),
        removed_cases=pairing.of("removed", "changed"),
        cases=tuple(case_comparison(name, arms) for name in pairing.standing),
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
        margin=settings.margin,
        facts={
            **arm_totals("baseline", arms.baseline),
            **arm_totals("candidate", arms.candidate),
            **({} if settings.fail_on is None else {"fail_on": settings.fail_on}),
        },
    )


def _compared(verdict: Verdict, matched: Matched, rng: np.random.Generator, at: Look | None) -> Verdict:
    """The verdict with everything that comes from comparing the two arms."""
    level = stats.ONE_SIDED if at is None else max(at.level, FINEST_LEVEL)
    if at is None:
        success = compare_success(*matched.counts, verdict.margin, rng)
    else:
        success = compare_success_at(at.level, *matched.counts, verdict.margin, rng)
    ratios = dict(zip((P95, USD), compare_ratios(matched, rng, level), strict=True))
    waits_for: list[str] = []
    if at is not None and not at.last:
        waits_for = [name for name, ratio in ratios.items() if ratio.verdict is MetricVerdict.DRIFT]
        ratios = {name: _descriptive(ratio) for name, ratio in ratios.items()}
    cases = with_suspicion(verdict.cases)
    facts = {
        **verdict.facts,
        **comparison_facts(matched, level),
        **more_runs(matched, success, verdict.margin, level, at),
        "waits_for": waits_for,
    }
    return replace(
        verdict,
        metrics={SUCCESS: success, **ratios},
        cases=cases,
        broken_cases=tuple(case.case_id for case in cases if case.broken),
        watch_cases=tuple(case.case_id for case in cases if case.watch),
        facts=facts,
        warnings=(*comparison_warnings(success, facts, matched, level, at), *verdict.warnings),
    )


def _descriptive(ratio: Comparison) -> Comparison:
    """Shown, and not yet judged."""
    if ratio.verdict is MetricVerdict.NOT_MEASURABLE:
        return ratio
    return replace(ratio, verdict=MetricVerdict.UNDECIDED, reason="judged at the last look only")


def _judged_alone(verdict: Verdict, evidence: Evidence) -> Verdict:
    """The verdict with the candidate's own numbers, and no change."""
    measured = [case for case in evidence.values() if case.runs]
    if not measured:
        unknown = Comparison(MetricVerdict.NOT_MEASURABLE, reason="nothing was measured")
        return replace(verdict, metrics=dict.fromkeys((SUCCESS, P95, USD), unknown))
    runs = runs_of(measured)
    values = {SUCCESS: runs.counts.rate, P95: stats.p95(runs), USD: finite(stats.usd_per_success(runs))}
    facts = {**verdict.facts, **arm_facts("candidate", runs, pass_k_of(runs.counts))}
    metrics = {
        name: Comparison(MetricVerdict.NOT_MEASURABLE, candidate=value, reason="nothing to compare with")
        for name, value in values.items()
    }
    return replace(verdict, metrics=metrics, facts=facts)


# --- facts ------------------------------------------------------------------------------------------------


# --- warnings ---------------------------------------------------------------------------------------------


# --- the decision and its words ---------------------------------------------------------------------------


def _decided(verdict: Verdict, distrust: Sequence[str], floors: Sequence[str], alone: str | None) -> Verdict:
    """The verdict by its precedence. What is not trusted does not count for any metric either."""
    if distrust:
        return replace(verdict, verdict=VerdictKind.NOT_MEASURED, metrics=_distrusted(verdict.metrics))
    metrics = verdict.metrics.values()
    if any(metric.verdict is MetricVerdict.DRIFT for metric in metrics):
        kind = VerdictKind.DRIFT
    elif floors:
        kind = VerdictKind.BELOW_FLOOR
    elif alone:
        kind = VerdictKind.NO_BASELINE
    else:
        kind = VerdictKind.PASS if _passes(verdict) else VerdictKind.UNDECIDED
    return replace(verdict, verdict=kind)


def _distrusted(metrics: Mapping[str, Comparison]) -> dict[str, Comparison]:
    return {
        name: replace(metric, verdict=MetricVerdict.NOT_MEASURABLE, reason="the result is not trustworthy")
        for name, metric in metrics.items()
    }


def _worded(verdict: Verdict, distrust: Sequence[str], floors: Sequence[str], alone: str | None) -> Verdict:
    verdict = replace(verdict, reasons=tuple(wording.reasons(verdict, distrust, floors, alone)))
    return replace(verdict, headline=wording.headline(verdict))


def not_measured(verdict: Verdict, reasons: Sequence[str]) -> Verdict:
    """The verdict on a result with holes: whatever its numbers say, it measured nothing."""
    more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return replace(
        verdict,
        verdict=VerdictKind.NOT_MEASURED,
        headline=f"**NOT MEASURED** — {'; '.join(reasons[:3])}{more}.",
        reasons=(*reasons, *verdict.reasons),
    )
