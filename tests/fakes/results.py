"""Results written down in short: {"refund": "++++-"} is a case with four passes and a failure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult

_STATUS = {"!": SampleStatus.INFRA_ERROR, "t": SampleStatus.AGENT_TIMEOUT}
_PASSED = {"+": True, "-": False, "t": False, "!": None, "?": None}


def result(
    cases: Mapping[str, str],
    *,
    suite: str = "support-triage",
    simulated: bool = False,
    case_hash: str = "",
    must_pass: Collection[str] = (),
    latency_ms: float | None = 1000.0,
    cost_usd: float | None = 0.01,
) -> SuiteResult:
    """One mark a run: + passed, - failed, t timed out, ! infrastructure error, ? grader error."""
    return SuiteResult(
        suite=suite,
        simulated=simulated,
        cases=tuple(
            CaseResult(
                case_id=case_id,
                case_hash=case_hash,
                must_pass=case_id in must_pass,
                samples=tuple(
                    Sample(
                        case_id=case_id,
                        sample_index=index,
                        status=_STATUS.get(mark, SampleStatus.COMPLETED),
                        passed=_PASSED[mark],
                        latency_ms=latency_ms,
                        cost_usd=cost_usd,
                    )
                    for index, mark in enumerate(marks)
                ),
            )
            for case_id, marks in cases.items()
        ),
    )


def with_samples(result: SuiteResult, change: Callable[[Sample], Sample]) -> SuiteResult:
    """The same result with every sample changed."""
    cases = tuple(
        replace(case, samples=tuple(change(sample) for sample in case.samples)) for case in result.cases
    )
    return replace(result, cases=cases)
