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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agent_runtime.statistics import stats
from agent_runtime.statistics.boundaries import level_at
from agent_runtime.statistics.looks import LookPlan
from agent_runtime.statistics.stats import Counts, Runs
from evals.columns import runs_of
from evals.gate import wording
from evals.gate.breakdown import broken_down
from evals.gate.comparison import (
    FINEST_LEVEL,
    Matched,
    compare_ratios,
    compare_success,
    compare_success_at,
    finite,
)
from evals.gate.evidence import CaseEvidence, Evidence, Pairing, gather, pair, repeated_word_for_word, usable
from evals.results.records import Sample, SuiteResult, first_runs, identity, in_order
from evals.results.verdict import CaseComparison, Comparison, MetricVerdict, Verdict, VerdictKind
from evals.suite.suite import GateSettings

MOST_UNMEASURED = 0.10
MOST_UNMEASURED_OF_A_CASE = 0.5
MOST_MISSING = 0.20
FEW_CASES, FEW_RUNS = 5, 50
BROKEN_AT = 0.05
"""Family-wise error of naming broken cases."""
WATCH_FALL = 0.3
BORDERLINE = (0.4, 2.0)
"""Times the level: an exact p in between is near the line."""
PASS_K = 5
"""pass^k is given for k = 5, or for the fewest runs of a case if that is less."""
MOST_MORE_RUNS = 100
"""More candidate runs than this are not asked for while more baseline runs would do."""
MOST_MORE_RUNS_OF_BOTH = 1000

_FINAL = frozenset({VerdictKind.DRIFT, VerdictKind.PASS, VerdictKind.BELOW_FLOOR, VerdictKind.PROVIDER_DRIFT})
SUCCESS, P95, USD = "success_rate", "p95_latency_ms", "usd_per_success"
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class _Arms:
    """Both sides of the question, before any number is drawn. An absent baseline is an empty one."""

    baseline: Evidence
    candidate: Evidence
    pairing: Pairing


@dataclass(frozen=True, slots=True)
class _Look:
    """The look at `runs` runs per case, and the one-sided error that it may spend."""

    plan: LookPlan
    runs: int
    level: float = 0.0

    @property
    def last(self) -> bool:
        return self.plan.next_after(self.runs) is None


def judge(
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
        return _judge(baseline, candidate, settings, seed, expected_runs, None)
    runs = min(look, plan.horizon)
    seen = first_runs(candidate, runs)
    if expected_runs is not None:
        expected_runs = expected_runs * runs // look
    verdict = _judge(baseline, seen, settings, seed, expected_runs, _Look(plan, runs))
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


def _judge(
    baseline: SuiteResult | None,
    candidate: SuiteResult,
    settings: GateSettings,
    seed: int | None,
    expected_runs: int | None,
    at: _Look | None,
) -> Verdict:
    arms = _arms(baseline, candidate)
    inputs = _digest(baseline, candidate)
    seed = int(inputs[:12], 16) if seed is None else seed
    verdict = _frame(baseline, candidate, arms, settings, seed, expected_runs)
    alone = _why_alone(baseline, candidate, arms)
    distrust = _distrust(arms, expected_runs, compared=alone is None)
    matched = _matched(arms) if alone is None else None
    if matched is None:
        verdict = _judged_alone(verdict, arms.candidate)
    else:
        at = at and replace(at, level=_level(arms, at))
        verdict = _compared(verdict, matched, _generator(seed, inputs), at)
    floors = tuple(_broken_floors(arms.candidate, settings, for_good=not _ends(verdict, at, alone)))
    verdict = _decided(verdict, distrust, floors, alone)
    worded = _worded(verdict if at is None else _looked(verdict, at), distrust, floors, alone)
    asked = settings if at is None or at.last else settings.model_copy(update={"tags": []})
    return broken_down(worded, arms.baseline, arms.candidate, arms.pairing, asked)


# --- one of several looks ---------------------------------------------------------------------------------


def _level(arms: _Arms, at: _Look) -> float:
    """The error that this look may spend, from the runs measured at each look so far."""
    ids = _measured_in_both(arms)
    seen = [
        [sum(run.sample_index < look for run in arms.candidate[name].runs) for name in ids]
        for look in at.plan.until(at.runs)
    ]
    return level_at([len(arms.baseline[name].runs) for name in ids], seen, at.runs, at.plan.horizon)


def _ends(verdict: Verdict, at: _Look | None, alone: str | None) -> bool:
    """Whether the looking is over, floors aside."""
    if at is None or at.last:
        return True
    if alone is not None:
        return at.runs >= at.plan.planned
    return _passes(verdict) or verdict.metrics[SUCCESS].verdict is MetricVerdict.DRIFT


def _passes(verdict: Verdict) -> bool:
    """A pass waits for the last look if that has to judge a latency or a cost that lies above its line."""
    return verdict.metrics[SUCCESS].verdict is MetricVerdict.PASS and not verdict.facts.get("waits_for")


def _looked(verdict: Verdict, at: _Look) -> Verdict:
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


def _arms(baseline: SuiteResult | None, candidate: SuiteResult) -> _Arms:
    """Simulated, replayed and real results never meet: then there is nothing on the other side."""
    comparable = baseline is not None and _same_source(baseline, candidate)
    reference = gather(baseline) if baseline is not None and comparable else {}
    evidence = gather(candidate, baseline if comparable else None)
    return _Arms(reference, evidence, pair(reference, evidence))


def _same_source(baseline: SuiteResult, candidate: SuiteResult) -> bool:
    return (baseline.simulated, baseline.replayed) == (candidate.simulated, candidate.replayed)


def _why_alone(baseline: SuiteResult | None, candidate: SuiteResult, arms: _Arms) -> str | None:
    if baseline is None:
        return "There is no baseline to compare it with."
    if baseline.replayed != candidate.replayed:
        live, replayed = ("candidate", "baseline") if baseline.replayed else ("baseline", "candidate")
        return f"The {replayed} replays recorded answers and the {live} does not: they cannot be compared."
    if baseline.simulated != candidate.simulated:
        real, simulated = ("candidate", "baseline") if baseline.simulated else ("baseline", "candidate")
        return f"The {simulated} is simulated and the {real} is not: they cannot be compared."
    return None if arms.pairing.of("shared") else "No case is the same as in the baseline."


def _matched(arms: _Arms) -> Matched | None:
    """The shared cases with a measured run in both arms, or None if there is none."""
    ids = _measured_in_both(arms)
    if not ids:
        return None
    return Matched(
        runs_of(arms.baseline[name] for name in ids), runs_of(arms.candidate[name] for name in ids)
    )


def _measured_in_both(arms: _Arms) -> list[str]:
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
            digest.update(repr((case.case_id, case.comparability, runs)).encode())
    return digest.hexdigest()


def _generator(seed: int, inputs: str) -> np.random.Generator:
    mixed = hashlib.sha256(f"{seed}:{inputs}".encode()).digest()
    return np.random.default_rng(int.from_bytes(mixed[:16], "big"))


# --- whether it can be trusted, and where it may not fall -------------------------------------------------


def _distrust(arms: _Arms, expected_runs: int | None, compared: bool) -> tuple[str, ...]:
    """Why this result says nothing, as sentences; empty if it does."""
    shared = {name: arms.baseline[name] for name in arms.pairing.of("shared")} if compared else {}
    return (
        *_incomplete(arms, expected_runs, compared),
        *_unmeasured("candidate", arms.candidate),
        *_unmeasured("baseline", shared),
    )


def _incomplete(arms: _Arms, expected_runs: int | None, compared: bool) -> Iterable[str]:
    started = _started(arms.candidate)
    if not any(case.runs for case in arms.candidate.values()):
        yield wording.nothing_measured()
    elif expected_runs is not None and expected_runs - started > MOST_MISSING * expected_runs:
        yield wording.runs_missing(started, expected_runs)
    missing, expected = len(arms.pairing.of("removed")), len(arms.baseline)
    if expected_runs is None and compared and missing > MOST_MISSING * expected:
        yield wording.cases_missing(missing, expected)


def _unmeasured(arm: str, evidence: Evidence) -> Iterable[str]:
    unmeasured = sum(case.unmeasured for case in evidence.values())
    started = _started(evidence)
    if unmeasured > MOST_UNMEASURED * started:
        yield wording.too_many_unmeasured(arm, unmeasured, started)
    lost = [name for name, case in evidence.items() if _mostly_lost(case)]
    if lost:
        yield wording.cases_unmeasured(arm, lost)


def _started(evidence: Evidence) -> int:
    return sum(case.started for case in evidence.values())


def _mostly_lost(case: CaseEvidence) -> bool:
    return not case.runs or case.unmeasured > MOST_UNMEASURED_OF_A_CASE * case.started


def _broken_floors(evidence: Evidence, settings: GateSettings, *, for_good: bool) -> Iterable[str]:
    """Floors need no baseline: they hold for every measured case of the candidate.

    Args:
        for_good: only those that no further run can mend.
    """
    failed = [
        (name, case.failures, case.measured)
        for name, case in evidence.items()
        if case.case.must_pass and case.failures
    ]
    if failed:
        yield wording.must_pass_failed(failed)
    measured = [case for case in evidence.values() if case.runs]
    if settings.min_success_rate is not None and measured and not for_good:
        rate = runs_of(measured).counts.rate
        if rate < settings.min_success_rate - _EPSILON:
            yield wording.below_min_success(rate, settings.min_success_rate)


# --- the parts of a verdict -------------------------------------------------------------------------------


def _frame(
    baseline: SuiteResult | None,
    candidate: SuiteResult,
    arms: _Arms,
    settings: GateSettings,
    seed: int,
    expected_runs: int | None,
) -> Verdict:
    """Everything that needs no comparison."""
    pairing, every = arms.pairing, [*arms.baseline.values(), *arms.candidate.values()]
    return Verdict(
        verdict=VerdictKind.NO_BASELINE,
        headline="",
        warnings=(*_gap(arms.candidate, expected_runs), *_input_warnings(baseline, candidate, arms)),
        shared_cases=pairing.of("shared"),
        added_cases=pairing.of("added", "changed"),
        removed_cases=pairing.of("removed", "changed"),
        cases=tuple(_case_comparison(name, arms) for name in pairing.standing),
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
            **_arm_totals("baseline", arms.baseline),
            **_arm_totals("candidate", arms.candidate),
            **({} if settings.fail_on is None else {"fail_on": settings.fail_on}),
        },
    )


def _compared(verdict: Verdict, matched: Matched, rng: np.random.Generator, at: _Look | None) -> Verdict:
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
    cases = _with_suspicion(verdict.cases)
    facts = {
        **verdict.facts,
        **_comparison_facts(matched, level),
        **_more_runs(matched, success, verdict.margin, level, at),
        "waits_for": waits_for,
    }
    return replace(
        verdict,
        metrics={SUCCESS: success, **ratios},
        cases=cases,
        broken_cases=tuple(case.case_id for case in cases if case.broken),
        watch_cases=tuple(case.case_id for case in cases if case.watch),
        facts=facts,
        warnings=(*_comparison_warnings(success, facts, matched, level, at), *verdict.warnings),
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
    facts = {**verdict.facts, **_arm_facts("candidate", runs, _pass_k(runs.counts))}
    metrics = {
        name: Comparison(MetricVerdict.NOT_MEASURABLE, candidate=value, reason="nothing to compare with")
        for name, value in values.items()
    }
    return replace(verdict, metrics=metrics, facts=facts)


def _case_comparison(name: str, arms: _Arms) -> CaseComparison:
    baseline, candidate = arms.baseline.get(name), arms.candidate.get(name)
    sides = [side for side in (baseline, candidate) if side is not None]
    return CaseComparison(
        case_id=name,
        standing=arms.pairing.standing[name],
        baseline_passed=baseline.passed if baseline else 0,
        baseline_runs=len(baseline.runs) if baseline else 0,
        candidate_passed=candidate.passed if candidate else 0,
        candidate_runs=len(candidate.runs) if candidate else 0,
        baseline_p95_ms=_case_p95(baseline),
        candidate_p95_ms=_case_p95(candidate),
        baseline_usd_per_run=_case_usd(baseline),
        candidate_usd_per_run=_case_usd(candidate),
        unmeasured=sum(side.unmeasured for side in sides),
    )


def _case_p95(case: CaseEvidence | None) -> float | None:
    return stats.p95(runs_of([case])) if case is not None and case.runs else None


def _case_usd(case: CaseEvidence | None) -> float | None:
    return stats.usd_per_run(runs_of([case])) if case is not None and case.runs else None


def _with_suspicion(cases: Sequence[CaseComparison]) -> tuple[CaseComparison, ...]:
    """Cases with their Fisher mid-p, and marked as broken (Holm over all of them) or to be watched."""
    tested = [case for case in cases if _both_measured(case)]
    p_values = np.array([_fisher(case) for case in tested])
    adjusted = stats.holm(p_values).tolist()
    judged = {
        case.case_id: replace(
            case,
            p_broken=p,
            broken=holm <= BROKEN_AT,
            watch=holm > BROKEN_AT and _fall(case) >= WATCH_FALL - _EPSILON,
        )
        for case, p, holm in zip(tested, p_values.tolist(), adjusted, strict=True)
    }
    return tuple(judged.get(case.case_id, case) for case in cases)


def _both_measured(case: CaseComparison) -> bool:
    return case.standing == "shared" and case.baseline_runs > 0 and case.candidate_runs > 0


def _fisher(case: CaseComparison) -> float:
    return stats.fisher_mid_p(
        case.baseline_passed, case.baseline_runs, case.candidate_passed, case.candidate_runs
    )


def _fall(case: CaseComparison) -> float:
    return case.baseline_passed / case.baseline_runs - case.candidate_passed / case.candidate_runs


# --- facts ------------------------------------------------------------------------------------------------


def _arm_totals(arm: str, evidence: Evidence) -> dict[str, Any]:
    """How many runs counted, and how many did not and why, over all cases of an arm."""
    cases = evidence.values()
    return {
        f"runs_{arm}": sum(len(case.runs) for case in cases),
        f"infra_errors_{arm}": sum(case.infra_errors for case in cases),
        f"grader_errors_{arm}": sum(case.grader_errors for case in cases),
        f"cached_repeats_{arm}": sum(case.collapsed for case in cases),
    }


def _arm_facts(arm: str, runs: Runs, pass_k: int) -> dict[str, Any]:
    """One arm's own numbers on the cases that are judged."""
    counts = runs.counts
    low, high = stats.wilson(counts.rate, int(counts.runs.sum()))
    return {
        "pass_k": pass_k,
        f"runs_per_case_{arm}": [int(counts.runs.min()), int(counts.runs.max())],
        f"pass_rate_{arm}": counts.rate,
        f"pass_rate_{arm}_wilson": [low, high],
        f"pass_hat_k_{arm}": stats.pass_hat_k(counts, pass_k),
        f"within_case_variance_{arm}": stats.within_case_variance(counts),
        f"usd_per_run_{arm}": stats.usd_per_run(runs),
    }


def _comparison_facts(matched: Matched, level: float) -> dict[str, Any]:
    baseline, candidate = matched.counts
    pass_k = min(_pass_k(baseline), _pass_k(candidate))
    return {
        **_arm_facts("baseline", matched.baseline, pass_k),
        **_arm_facts("candidate", matched.candidate, pass_k),
        "compared_cases": len(baseline.runs),
        "compared_runs_baseline": int(baseline.runs.sum()),
        "compared_runs_candidate": int(candidate.runs.sum()),
        "minimum_detectable_drop": stats.minimum_detectable_drop(baseline, candidate.runs, level),
        "lower_bound": stats.lower_bound(baseline, candidate),
        "exact_p": stats.stratified_p(baseline, candidate),
        "latency_geometric_mean_ratio": stats.geometric_mean_ratio(matched.baseline, matched.candidate),
        "resamples": stats.RESAMPLES,
    }


def _pass_k(counts: Counts) -> int:
    return min(PASS_K, int(counts.runs.min()))


def _more_runs(
    matched: Matched, success: Comparison, margin: float, level: float, at: _Look | None
) -> dict[str, Any]:
    """How many runs per case would decide what is undecided: of the candidate if that can do, else of both.

    A plan allows no more than are left to its horizon.
    """
    if success.verdict is not MetricVerdict.UNDECIDED:
        return {"runs_to_settle": None, "runs_to_settle_in": None}
    left = MOST_MORE_RUNS if at is None else at.plan.horizon - at.runs
    more = stats.runs_to_settle(*matched.counts, margin, most=min(left, MOST_MORE_RUNS), level=level)
    if more is not None:
        return {"runs_to_settle": more, "runs_to_settle_in": "candidate"}
    left = MOST_MORE_RUNS_OF_BOTH if at is None else left
    both = stats.runs_to_settle(*matched.counts, margin, both_arms=True, most=left, level=level)
    return {"runs_to_settle": both, "runs_to_settle_in": "both"}


# --- warnings ---------------------------------------------------------------------------------------------


def _comparison_warnings(
    success: Comparison, facts: Mapping[str, Any], matched: Matched, level: float, at: _Look | None
) -> Iterable[str]:
    fewest = min(facts["compared_runs_baseline"], facts["compared_runs_candidate"])
    on_the_way = at is not None and at.runs < at.plan.planned  # few runs then say nothing of the suite
    if facts["compared_cases"] < FEW_CASES or (fewest < FEW_RUNS and not on_the_way):
        yield wording.small_suite(facts)
    if facts["pass_rate_baseline"] == facts["pass_rate_candidate"] == 1:
        runs = facts["compared_runs_candidate"]
        yield wording.no_failures(runs, stats.rule_of_three(runs))
    if not matched.baseline.passed.any():
        yield wording.nothing_to_lose()
    drift = success.verdict is MetricVerdict.DRIFT
    low, high = BORDERLINE
    if (
        not matched.single
        and low * level <= facts["exact_p"] <= high * level
        and drift != (facts["exact_p"] < level)
    ):
        yield wording.borderline(facts["exact_p"], drift)


def _gap(evidence: Evidence, expected_runs: int | None) -> Iterable[str]:
    started = _started(evidence)
    if expected_runs is not None and started < expected_runs:
        yield wording.runs_missing(started, expected_runs)


def _input_warnings(baseline: SuiteResult | None, candidate: SuiteResult, arms: _Arms) -> Iterable[str]:
    yield from _arm_warnings("candidate", arms.candidate, candidate.simulated)
    yield from _arm_warnings("baseline", arms.baseline, candidate.simulated)
    if baseline is not None and baseline.suite and candidate.suite and baseline.suite != candidate.suite:
        yield wording.other_suite(baseline.suite, candidate.suite)
    if failing := list(_failing_uncompared(arms)):
        yield wording.failing_uncompared(failing)
    if changed := arms.pairing.of("changed"):
        yield wording.cases_changed(changed)
    if removed := arms.pairing.of("removed"):
        yield wording.cases_removed(removed)


def _failing_uncompared(arms: _Arms) -> Iterable[tuple[str, int, int]]:
    """Case id, passed and measured runs of the cases without a counterpart that fail at least half of their runs."""
    for name in arms.pairing.of("added", "changed"):
        case = arms.candidate.get(name)
        if case is not None and case.runs and case.passed * 2 <= len(case.runs):
            yield name, case.passed, len(case.runs)


def _arm_warnings(arm: str, evidence: Evidence, simulated: bool) -> Iterable[str]:
    collapsed = [case.collapsed for case in evidence.values() if case.collapsed]
    if collapsed:
        yield wording.cached_runs(arm, sum(collapsed), len(collapsed))
    same, cases = repeated_word_for_word(evidence)
    if same and 2 * same >= cases and not simulated:
        yield wording.same_outputs(arm, same, cases)
    samples = [sample for case in evidence.values() for sample in case.runs]
    for name in _absurd(samples):
        yield wording.absurd_number(arm, name)
    if errors := sum(case.grader_errors for case in evidence.values()):
        yield wording.grader_errors(arm, errors)


def _absurd(samples: Sequence[Sample]) -> list[str]:
    """Which numbers are negative or impossibly large somewhere."""
    columns = {"cost": [s.cost_usd for s in samples], "latency": [s.latency_ms for s in samples]}
    return [name for name, numbers in columns.items() if not usable(n for n in numbers if n is not None)]


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
