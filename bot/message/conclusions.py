"""From what was found to what a check concludes and a job exits with."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bot.message.results import Results
from evals.results.verdict import VerdictKind
from security_pack.findings import findings


class FailOn(StrEnum):
    """From where on a pull request is stopped."""

    DRIFT = "drift"
    UNDECIDED = "undecided"
    NEVER = "never"


class Conclusion(StrEnum):
    """What GitHub is told. Only the first two let a required check through."""

    SUCCESS = "success"
    NEUTRAL = "neutral"
    ACTION_REQUIRED = "action_required"
    FAILURE = "failure"


EXIT_CODES: Mapping[Conclusion, int] = {
    Conclusion.SUCCESS: 0,
    Conclusion.NEUTRAL: 0,
    Conclusion.ACTION_REQUIRED: 3,
    Conclusion.FAILURE: 1,
}
_DOUBTS = {VerdictKind.UNDECIDED, VerdictKind.PROVIDER_DRIFT}
_FAILS = {VerdictKind.DRIFT, VerdictKind.BELOW_FLOOR}


def conclusion_of(results: Results, fail_on: FailOn) -> Conclusion:
    """The worse of what Canary and Guardian conclude. What could not be measured never passes.

    A claim that all is well proves nothing: what a fork's own run measured is neutral at best.
    """
    parts = [
        *([_of_verdict(results.verdict.verdict, fail_on)] if results.verdict else []),
        *([_of_assessment(results.assessment.conclusion, fail_on)] if results.assessment else []),
    ]
    if not results.trusted:
        parts.append(Conclusion.NEUTRAL)
    return max(parts, key=list(Conclusion).index)


def fail_on_of(results: Results, asked: FailOn | None) -> FailOn:
    """What the gate that judged was set to, if we may believe the file that says so; else what was asked for.

    The gate may be that of the commit a change left; a workflow is always the change's own.
    """
    written = results.verdict.facts.get("fail_on") if results.verdict and results.trusted else None
    return FailOn(written) if written in list(FailOn) else asked or FailOn.DRIFT


def _of_verdict(kind: VerdictKind, fail_on: FailOn) -> Conclusion:
    if kind is VerdictKind.NOT_MEASURED:
        return Conclusion.ACTION_REQUIRED
    if kind is VerdictKind.PASS:
        return Conclusion.SUCCESS
    fails = kind in _FAILS or (kind in _DOUBTS and fail_on is FailOn.UNDECIDED)
    return Conclusion.FAILURE if fails and fail_on is not FailOn.NEVER else Conclusion.NEUTRAL


def _of_assessment(conclusion: findings.Conclusion, fail_on: FailOn) -> Conclusion:
    if conclusion is findings.Conclusion.INCONCLUSIVE:
        return Conclusion.ACTION_REQUIRED
    if conclusion is findings.Conclusion.PASS:
        return Conclusion.SUCCESS
    return Conclusion.NEUTRAL if fail_on is FailOn.NEVER else Conclusion.FAILURE
