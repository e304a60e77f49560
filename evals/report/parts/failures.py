"""Why a run failed, in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from evals.results.records import CaseResult, Sample, SampleStatus

ENDED = {
    SampleStatus.COMPLETED: "completed",
    SampleStatus.AGENT_TIMEOUT: "the agent did not finish in time",
    SampleStatus.CAP_HIT: "the agent hit a limit of its policy",
    SampleStatus.CONTRACT_VIOLATION: "the output breaks the contract",
    SampleStatus.INFRA_ERROR: "not measured: infrastructure error",
}


def first_failure(samples: Iterable[Sample]) -> Sample | None:
    """The first run that was measured and failed."""
    return next((sample for sample in samples if sample.passed is False), None)


def score(case: CaseResult | None) -> tuple[int, int]:
    """Measured runs that passed, and measured runs."""
    measured = [sample.passed for sample in case.samples if sample.passed is not None] if case else []
    return sum(measured), len(measured)


def reason(sample: Sample) -> str:
    """Why the run did not pass: how it ended, then the first grader that said no. "" if it passed."""
    if sample.passed:
        return ""
    ended = [] if sample.status is SampleStatus.COMPLETED else [ENDED[sample.status]]
    failed = [_with_reason(grade.grader, grade.reason) for grade in sample.grades if grade.passed is False]
    # Broken graders are named only where nothing was measured: beside a failure they explain nothing.
    broke = [
        f"grader {_with_reason(grade.grader, grade.reason)}"
        for grade in sample.grades
        if grade.passed is None
    ]
    parts = [*ended, *failed[:1], *(broke[:1] if sample.passed is None else [])]
    return ": ".join(part for part in (*parts, sample.error or "") if part) or "failed"


def _with_reason(grader: str, why: str) -> str:
    return f"{grader}: {why}" if why else f"{grader} said no"
