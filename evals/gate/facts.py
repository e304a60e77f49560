"""The numbers of a verdict besides its metrics: facts of both arms and of the look, and each case compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agent_runtime.statistics import stats
from agent_runtime.statistics.stats import Counts, Runs
from evals.gate.comparison import Matched, runs_of
from evals.gate.evidence import EPSILON, Arms, CaseEvidence, Evidence, Look
from evals.results.facts import ArmRates, ArmTotals, ComparisonFacts, LookFacts
from evals.results.verdict import CaseComparison, CaseStatus, Comparison, MetricVerdict, VerdictKind

BROKEN_AT = 0.05
"""Family-wise error of naming broken cases."""


WATCH_FALL = 0.3
"""Fall of a case's rate that is worth a look though it may be chance: three of ten runs. Chosen, not measured."""
PASS_K = 5
"""pass^k (tau-bench, https://arxiv.org/abs/2406.12045) is given for k = 5, or for the fewest runs of a case."""
MOST_MORE_RUNS = 100
"""More candidate runs than this are not asked for while more baseline runs would do. Both limits were chosen: what
nobody would pay for is no advice."""
MOST_MORE_RUNS_OF_BOTH = 1000


def case_comparison(name: str, arms: Arms) -> CaseComparison:
    """One case of both arms, not tested yet."""
    baseline, candidate = arms.baseline.get(name), arms.candidate.get(name)
    sides = [side for side in (baseline, candidate) if side is not None]
    return CaseComparison(
        case_id=name,
        status=arms.pairing.status[name],
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


def with_suspicion(cases: Sequence[CaseComparison]) -> tuple[CaseComparison, ...]:
    """Cases with their Fisher mid-p, and marked as broken (Holm over all of them) or to be watched."""
    tested = [case for case in cases if _both_measured(case)]
    # Over the tested cases alone: a new case takes nothing from the error of the others.
    p_values = np.array([_fisher(case) for case in tested])
    adjusted = stats.holm(p_values).tolist()
    judged = {
        case.case_id: replace(
            case,
            p_broken=p,
            broken=holm <= BROKEN_AT,
            watch=holm > BROKEN_AT and _fall(case) >= WATCH_FALL - EPSILON,
        )
        for case, p, holm in zip(tested, p_values.tolist(), adjusted, strict=True)
    }
    return tuple(judged.get(case.case_id, case) for case in cases)


def _both_measured(case: CaseComparison) -> bool:
    return case.status is CaseStatus.SHARED and case.baseline_runs > 0 and case.candidate_runs > 0


def _fisher(case: CaseComparison) -> float:
    return stats.fisher_mid_p(
        case.baseline_passed, case.baseline_runs, case.candidate_passed, case.candidate_runs
    )


def _fall(case: CaseComparison) -> float:
    return case.baseline_passed / case.baseline_runs - case.candidate_passed / case.candidate_runs


def arm_totals(evidence: Evidence) -> ArmTotals:
    """How many runs counted, and how many did not and why, over all cases of an arm."""
    cases = evidence.values()
    return ArmTotals(
        runs=sum(len(case.runs) for case in cases),
        infra_errors=sum(case.infra_errors for case in cases),
        grader_errors=sum(case.grader_errors for case in cases),
        cached_repeats=sum(case.collapsed for case in cases),
    )


def arm_rates(runs: Runs, pass_k: int) -> ArmRates:
    """One arm's own numbers on these runs."""
    counts = runs.counts
    return ArmRates(
        runs_per_case=(int(counts.runs.min()), int(counts.runs.max())),
        pass_rate=counts.rate,
        pass_rate_wilson=stats.wilson(counts.rate, int(counts.runs.sum())),
        pass_hat_k=stats.pass_hat_k(counts, pass_k),
        within_case_variance=stats.within_case_variance(counts),
        usd_per_run=stats.usd_per_run(runs),
    )


def comparison_facts(
    matched: Matched,
    success: Comparison,
    margin: float,
    level: float,
    at: Look | None,
    waits_for: tuple[str, ...],
) -> ComparisonFacts:
    """What the comparison rests on, and how many more runs would decide what it leaves undecided."""
    baseline, candidate = matched.counts
    more, where = more_runs(matched, success, margin, level, at)
    return ComparisonFacts(
        compared_cases=len(baseline.runs),
        compared_runs_baseline=int(baseline.runs.sum()),
        compared_runs_candidate=int(candidate.runs.sum()),
        minimum_detectable_drop=stats.minimum_detectable_drop(baseline, candidate.runs, level),
        lower_bound=stats.lower_bound(baseline, candidate),
        exact_p=stats.stratified_p(baseline, candidate),
        latency_geometric_mean_ratio=stats.geometric_mean_ratio(matched.baseline, matched.candidate),
        resamples=stats.RESAMPLES,
        runs_to_settle=more,
        runs_to_settle_in=where,
        waits_for=waits_for,
    )


def common_pass_k(matched: Matched) -> int:
    """The k of pass^k that both arms have runs for."""
    return min(map(pass_k_of, matched.counts))


def pass_k_of(counts: Counts) -> int:
    """The k of pass^k that an arm has runs for."""
    return min(PASS_K, int(counts.runs.min()))


def more_runs(
    matched: Matched, success: Comparison, margin: float, level: float, at: Look | None
) -> tuple[int | None, str | None]:
    """How many runs per case would decide what is undecided: of the candidate if that can do, else of both.

    A plan allows no more than are left to its horizon.
    """
    if success.verdict is not MetricVerdict.UNDECIDED:
        return None, None
    left = MOST_MORE_RUNS if at is None else at.plan.horizon - at.runs
    more = stats.runs_to_settle(*matched.counts, margin, most=min(left, MOST_MORE_RUNS), level=level)
    if more is not None:
        return more, "candidate"
    left = MOST_MORE_RUNS_OF_BOTH if at is None else left
    both = stats.runs_to_settle(*matched.counts, margin, both_arms=True, most=left, level=level)
    return both, "both"


_FINAL = frozenset({VerdictKind.DRIFT, VerdictKind.PASS, VerdictKind.BELOW_FLOOR, VerdictKind.PROVIDER_DRIFT})


def may_stop_at(kind: VerdictKind, runs: int, planned: int, next_look: int | None) -> bool:
    """True unless another look could change what to do; see `evals.gate.gate.may_stop`."""
    # A broken floor is final here: the gate names one before the last look only if no further run can mend it.
    if kind in _FINAL or next_look is None:
        return True
    return kind is not VerdictKind.UNDECIDED and runs >= planned


def look_facts(kind: VerdictKind, at: Look, cases: int, usd_per_run: float | None) -> LookFacts:
    """The look that decided on `kind`, and what stopping here saves of `cases` cases."""
    plan, following = at.plan, at.plan.next_after(at.runs)
    early = may_stop_at(kind, at.runs, plan.planned, following) and at.runs < plan.planned
    saved = (plan.planned - at.runs) * cases if early else 0
    return LookFacts(
        look=at.runs,
        looks=tuple(plan.until(at.runs)),
        next_look=following,
        planned_runs=plan.planned,
        horizon=plan.horizon,
        level=at.level,
        stopped_early=early,
        runs_saved=saved,
        usd_saved=None if usd_per_run is None else saved * usd_per_run,
    )
