"""From what was found to what a check concludes and a job exits with."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bot.message.results import Results
from evals.results.facts import FailOn
from evals.results.verdict import Tone, VerdictKind
from security_pack.findings import findings


class Conclusion(StrEnum):
    """What GitHub shows. Only the first two let a required check through."""

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


def conclusion_of(results: Results, fail_on: FailOn) -> Conclusion:
    """The worse of what Canary and Guardian conclude. What could not be measured never passes.

    A claim that all is well proves nothing: what a fork's own run measured is neutral at best.
    """
    parts = [
        *([_of(results.verdict.verdict, fail_on)] if results.verdict else []),
        *([_of(results.assessment.conclusion, fail_on)] if results.assessment else []),
    ]
    if not results.trusted:
        parts.append(Conclusion.NEUTRAL)
    return max(parts, key=list(Conclusion).index)


def fail_on_of(results: Results, asked: FailOn | None) -> FailOn:
    """What the gate that judged was set to, if we may believe the file that says so; else what was asked for.

    The gate may be that of the commit a change left; a workflow is always the change's own.
    """
    gate = results.verdict.facts.fail_on if results.verdict and results.trusted else None
    return gate or asked or FailOn.DRIFT


def _of(result: VerdictKind | findings.Conclusion, fail_on: FailOn) -> Conclusion:
    code = result.exit_code(fail_on)
    if code:
        return Conclusion.ACTION_REQUIRED if code == 3 else Conclusion.FAILURE
    return Conclusion.SUCCESS if result.tone is Tone.GOOD else Conclusion.NEUTRAL
