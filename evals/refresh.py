"""A baseline follows a moving agent, but not downhill: new results are held against the last approved ones.

Each small step down passes against the step before. Against what a person approved, their sum does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_runtime.errors import CannotMeasure, InvalidInput
from evals.gate import wording
from evals.gate.gate import judge
from evals.results.records import SuiteResult
from evals.results.verdict import Verdict, VerdictKind
from evals.suite.suite import GateSettings


@dataclass(frozen=True, slots=True)
class Refresh:
    """New results against the current baseline, and against the last approved one."""

    against_baseline: Verdict
    against_anchor: Verdict


def held_against(baseline: SuiteResult, anchor: SuiteResult, new: SuiteResult, margin: float) -> Refresh:
    """Both comparisons.

    Raises:
        CannotMeasure: if the new results are not trustworthy.
        InvalidInput: if nothing in them compares with what was approved.
    """
    settings = GateSettings(margin=margin)
    refresh = Refresh(judge(baseline, new, settings), judge(anchor, new, settings))
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
