"""Why a measurement is not believed, or believed with a warning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent_runtime.statistics import stats
from evals.gate import wording
from evals.gate.comparison import Matched, runs_of
from evals.gate.evidence import EPSILON, Arms, CaseEvidence, Evidence, Look, repeated_word_for_word, usable
from evals.results.facts import Facts
from evals.results.records import Sample, SuiteResult
from evals.results.verdict import CaseStatus, Comparison, MetricVerdict
from evals.suite.suite_file import GateSettings

MOST_UNMEASURED = 0.10
"""Share of an arm's runs. This and the next two were chosen, not measured: what an outage takes is rarely a random
sample, so that no interval covers it."""
MOST_UNMEASURED_OF_A_CASE = 0.5
MOST_MISSING = 0.20
"""Share of the runs, or the cases, that should be there."""
FEW_CASES, FEW_RUNS = 5, 50
"""Below them the banner. The gate still errs no more than 5 % of the time there, the rows `small suite` of
benchmarks/gate_calibration.py; it is blind rather than wrong."""
BORDERLINE = (0.4, 2.0)
"""Times the level: an exact p in between is near the line."""


def reasons_to_distrust(arms: Arms, expected_runs: int | None, compared: bool) -> tuple[str, ...]:
    """Why this result says nothing, as sentences; empty if it does."""
    shared = {name: arms.baseline[name] for name in arms.pairing.of(CaseStatus.SHARED)} if compared else {}
    return (
        *_incomplete(arms, expected_runs, compared),
        *_unmeasured("candidate", arms.candidate),
        *_unmeasured("baseline", shared),
    )


def _incomplete(arms: Arms, expected_runs: int | None, compared: bool) -> Iterable[str]:
    started = _started(arms.candidate)
    if not any(case.runs for case in arms.candidate.values()):
        yield wording.nothing_measured()
    elif expected_runs is not None and expected_runs - started > MOST_MISSING * expected_runs:
        yield wording.runs_missing(started, expected_runs)
    # With a plan of runs the plan is the measure: a suite may drop a case on purpose, and says so.
    missing, expected = len(arms.pairing.of(CaseStatus.REMOVED)), len(arms.baseline)
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


def broken_floors(evidence: Evidence, settings: GateSettings, *, unrecoverable_only: bool) -> Iterable[str]:
    """Floors need no baseline: they hold for every measured case of the candidate.

    Args:
        unrecoverable_only: only those that no further run can mend.
    """
    failed = [
        (name, case.failures, case.measured)
        for name, case in evidence.items()
        if case.case.must_pass and case.failures
    ]
    if failed:
        yield wording.must_pass_failed(failed)
    measured = [case for case in evidence.values() if case.runs]
    if settings.min_success_rate is not None and measured and not unrecoverable_only:
        rate = runs_of(measured).counts.rate
        if rate < settings.min_success_rate - EPSILON:
            yield wording.below_min_success(rate, settings.min_success_rate)


def comparison_warnings(
    success: Comparison, facts: Facts, matched: Matched, level: float, at: Look | None
) -> Iterable[str]:
    """What the reader must know of the comparison."""
    comparison = facts.comparison
    if comparison is None:
        return
    on_the_way = at is not None and at.runs < at.plan.planned  # few runs then say nothing of the suite
    fewest = min(comparison.compared_runs_baseline, comparison.compared_runs_candidate)
    if comparison.compared_cases < FEW_CASES or (fewest < FEW_RUNS and not on_the_way):
        yield wording.small_suite(wording.design_of(facts), comparison.minimum_detectable_drop)
    if matched.baseline.counts.rate == matched.candidate.counts.rate == 1:
        runs = comparison.compared_runs_candidate
        yield wording.no_failures(runs, stats.rule_of_three(runs))
    if not matched.baseline.passed.any():
        yield wording.nothing_to_lose()
    drift = success.verdict is MetricVerdict.DRIFT
    if not matched.single and _borderline(comparison.exact_p, level, drift=drift):
        yield wording.borderline(comparison.exact_p, drift)


def _borderline(p: float, level: float, *, drift: bool) -> bool:
    low, high = BORDERLINE
    return low * level <= p <= high * level and drift != (p < level)


def gap(evidence: Evidence, expected_runs: int | None) -> Iterable[str]:
    """That runs are missing, though perhaps too few to distrust the rest."""
    started = _started(evidence)
    if expected_runs is not None and started < expected_runs:
        yield wording.runs_missing(started, expected_runs)


def input_warnings(baseline: SuiteResult | None, candidate: SuiteResult, arms: Arms) -> Iterable[str]:
    """What the reader must know of both results, compared or not."""
    yield from _arm_warnings("candidate", arms.candidate, candidate.simulated)
    # The candidate's `simulated` for both: an arm of the other kind is not compared, and its evidence is empty.
    yield from _arm_warnings("baseline", arms.baseline, candidate.simulated)
    if baseline is not None and baseline.suite and candidate.suite and baseline.suite != candidate.suite:
        yield wording.other_suite(baseline.suite, candidate.suite)
    if failing := list(_failing_uncompared(arms)):
        yield wording.failing_uncompared(failing)
    if changed := arms.pairing.of(CaseStatus.CHANGED):
        yield wording.cases_changed(changed)
    if removed := arms.pairing.of(CaseStatus.REMOVED):
        yield wording.cases_removed(removed)


def _failing_uncompared(arms: Arms) -> Iterable[tuple[str, int, int]]:
    """Case id, passed and measured runs of the cases without a counterpart that fail at least half of their runs."""
    for name in arms.pairing.of(CaseStatus.ADDED, CaseStatus.CHANGED):
        case = arms.candidate.get(name)
        if case is not None and case.runs and case.passed * 2 <= len(case.runs):
            yield name, case.passed, len(case.runs)


def _arm_warnings(arm: str, evidence: Evidence, simulated: bool) -> Iterable[str]:
    collapsed = [case.collapsed for case in evidence.values() if case.collapsed]
    if collapsed:
        yield wording.cached_runs(arm, sum(collapsed), len(collapsed))
    same, cases = repeated_word_for_word(evidence)
    # Honest agents answer some cases with the same short JSON every time, and simulated ones all of them. Half of
    # the cases was chosen, not measured.
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
