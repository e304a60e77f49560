"""What a baseline lets the gate see: how small a drop, and how often an unchanged agent gets its `pass`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from agent_runtime.errors import CannotMeasure, InvalidInput
from agent_runtime.statistics.stats import Counts, Z, minimum_detectable_drop, smoothed_error
from evals.gate import wording
from evals.gate.evidence import gather
from evals.gate.gate import decide
from evals.results.baseline import CaseSummary, summarize
from evals.results.records import SuiteResult
from evals.results.verdict import Verdict, VerdictKind
from evals.suite.suite_file import GateSettings

ENOUGH = 0.80
"""The usual power of a test; a `pass` four times out of five is worth waiting for."""
MOST_RUNS = 1_000
"""No suite is run more often than this to earn a `pass`."""


@dataclass(frozen=True, slots=True)
class BaselinePower:
    """What `baseline show` tells.

    Attributes:
        cases: every case with its measured runs and passes.
        samples, margin: the candidate's runs per case and the margin that the rest is about.
        minimum_detectable_drop: found with 80 % power, 0..1; None if nothing was measured.
        chance_of_pass: that an unchanged agent gets `pass`, 0..1; None if nothing was measured.
        samples_for_pass: candidate runs per case that make the chance 80 %; None if more than `MOST_RUNS`
            would be needed, or no number is enough against this baseline.
    """

    cases: tuple[CaseSummary, ...]
    samples: int
    margin: float
    minimum_detectable_drop: float | None = None
    chance_of_pass: float | None = None
    samples_for_pass: int | None = None


def describe_baseline(result: SuiteResult, samples: int = 10, margin: float = 0.10) -> BaselinePower:
    """What the gate would see with `samples` candidate runs per case against `result`."""
    power = BaselinePower(summarize(result), samples, margin)
    measured = [case for case in gather(result).values() if case.runs]
    if not measured:
        return power
    baseline = Counts(
        passed=np.array([case.passed for case in measured]),
        runs=np.array([len(case.runs) for case in measured]),
    )
    return replace(
        power,
        minimum_detectable_drop=minimum_detectable_drop(baseline, np.full(len(measured), samples)),
        chance_of_pass=chance_of_pass(baseline, samples, margin),
        samples_for_pass=_samples_for_pass(baseline, margin),
    )


def chance_of_pass(baseline: Counts, samples: int, margin: float) -> float:
    """Chance that an agent with the baseline's rates gets `pass` with `samples` runs per case, 0..1.

    The change d is nearly normal around 0, with the error of both arms. `pass` needs d − 1.645·(smoothed
    error) above −margin, and that it is not `drift`: d + 1.645·error not below 0.
    """
    runs = np.full(len(baseline.runs), samples)
    candidate = Counts(passed=baseline.rates * runs, runs=runs)
    noise = baseline.rates * (1 - baseline.rates) * (1 / baseline.runs + 1 / runs)
    error = math.sqrt(float(noise.sum())) / len(runs)
    least = Z * smoothed_error(baseline, candidate) - margin
    # Every case always or never passes: there is no noise, and the answer is certain either way.
    if error == 0:
        return float(least < 0)
    # −Z is the line of drift: above it, or the interval lies below zero and nothing passes.
    return 1 - NormalDist().cdf(max(least / error, -Z))


def _samples_for_pass(baseline: Counts, margin: float) -> int | None:
    """More runs never lower the chance, so halving finds the fewest."""
    enough, too_few = MOST_RUNS, 0
    if chance_of_pass(baseline, enough, margin) < ENOUGH:
        return None
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        if chance_of_pass(baseline, middle, margin) >= ENOUGH:
            enough = middle
        else:
            too_few = middle
    return enough


@dataclass(frozen=True, slots=True)
class Refresh:
    """New results against the current baseline, and against the last approved one."""

    against_baseline: Verdict
    against_anchor: Verdict


def compare_refresh(baseline: SuiteResult, anchor: SuiteResult, new: SuiteResult, margin: float) -> Refresh:
    """Compare new results with the current baseline, and with the last one that a person approved.

    Raises:
        CannotMeasure: if the new results are not trustworthy.
        InvalidInput: if nothing in them compares with what was approved.
    """
    settings = GateSettings(margin=margin)
    # Against both: each step down may be too small to be seen, and their sum is not.
    refresh = Refresh(decide(baseline, new, settings), decide(anchor, new, settings))
    reasons = " ".join(refresh.against_anchor.reasons)
    if refresh.against_anchor.verdict is VerdictKind.NOT_MEASURED:
        raise CannotMeasure(f"the baseline is not refreshed: {reasons}")
    if refresh.against_anchor.verdict is VerdictKind.NO_BASELINE:
        what = f"does not compare with what was approved: {reasons}"
        raise InvalidInput.one("the new baseline", what, "approve it:  agentcrewops baseline save")
    return refresh


def slow_slide(refresh: Refresh) -> str | None:
    """Why the baseline stays as it is; None if it may be replaced."""
    if refresh.against_anchor.verdict is not VerdictKind.DRIFT:
        return None
    fall = wording.brief_success(refresh.against_anchor.metrics["success_rate"])
    at_once = refresh.against_baseline.verdict is VerdictKind.DRIFT
    how = "at once" if at_once else "by steps too small to be seen one by one: a slow slide"
    return (
        f"not refreshed: {fall} since a person last approved the baseline, {how}. "
        "If this is the new normal, approve it:  agentcrewops baseline save --accept"
    )
