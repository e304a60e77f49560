"""What a verdict says besides its kind: facts of both arms, and each case compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from agent_runtime.statistics import stats
from agent_runtime.statistics.stats import Counts, Runs
from evals.gate.comparison import Matched, runs_of
from evals.gate.evidence import EPSILON, Arms, CaseEvidence, Evidence, Look
from evals.results.verdict import CaseComparison, Comparison, MetricVerdict

BROKEN_AT = 0.05
"""Family-wise error of naming broken cases."""


WATCH_FALL = 0.3


PASS_K = 5
"""pass^k is given for k = 5, or for the fewest runs of a case if that is less."""


MOST_MORE_RUNS = 100
"""More candidate runs than this are not asked for while more baseline runs would do."""


MOST_MORE_RUNS_OF_BOTH = 1000


def case_comparison(name: str, arms: Arms) -> CaseComparison:
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


def with_suspicion(cases: Sequence[CaseComparison]) -> tuple[CaseComparison, ...]:
    """Cases with their Fisher mid-p, and marked as broken (Holm over all of them) or to be watched."""
    tested = [case for case in cases if _both_measured(case)]
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
    return case.standing == "shared" and case.baseline_runs > 0 and case.candidate_runs > 0


def _fisher(case: CaseComparison) -> float:
    return stats.fisher_mid_p(
        case.baseline_passed, case.baseline_runs, case.candidate_passed, case.candidate_runs
    )


def _fall(case: CaseComparison) -> float:
    return case.baseline_passed / case.baseline_runs - case.candidate_passed / case.candidate_runs


def arm_totals(arm: str, evidence: Evidence) -> dict[str, Any]:
    """How many runs counted, and how many did not and why, over all cases of an arm."""
    cases = evidence.values()
    return {
        f"runs_{arm}": sum(len(case.runs) for case in cases),
        f"infra_errors_{arm}": sum(case.infra_errors for case in cases),
        f"grader_errors_{arm}": sum(case.grader_errors for case in cases),
        f"cached_repeats_{arm}": sum(case.collapsed for case in cases),
    }


def arm_facts(arm: str, runs: Runs, pass_k: int) -> dict[str, Any]:
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


def comparison_facts(matched: Matched, level: float) -> dict[str, Any]:
    baseline, candidate = matched.counts
    pass_k = min(pass_k_of(baseline), pass_k_of(candidate))
    return {
        **arm_facts("baseline", matched.baseline, pass_k),
        **arm_facts("candidate", matched.candidate, pass_k),
        "compared_cases": len(baseline.runs),
        "compared_runs_baseline": int(baseline.runs.sum()),
        "compared_runs_candidate": int(candidate.runs.sum()),
        "minimum_detectable_drop": stats.minimum_detectable_drop(baseline, candidate.runs, level),
        "lower_bound": stats.lower_bound(baseline, candidate),
        "exact_p": stats.stratified_p(baseline, candidate),
        "latency_geometric_mean_ratio": stats.geometric_mean_ratio(matched.baseline, matched.candidate),
        "resamples": stats.RESAMPLES,
    }


def pass_k_of(counts: Counts) -> int:
    return min(PASS_K, int(counts.runs.min()))


def more_runs(
    matched: Matched, success: Comparison, margin: float, level: float, at: Look | None
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
