"""Results written down in short: {"refund": "++++-"} is a case with four passes and a failure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from evals.results.facts import ArmRates, ComparisonFacts, FreshComparison, LookFacts
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult
from evals.results.verdict import Verdict

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


def compared(verdict: Verdict) -> ComparisonFacts:
    """The facts of a verdict that compared something."""
    assert verdict.facts.comparison is not None
    return verdict.facts.comparison


def look_of(verdict: Verdict) -> LookFacts:
    """The facts of a verdict that is one look of several."""
    assert verdict.facts.look is not None
    return verdict.facts.look


def fresh_runs(verdict: Verdict) -> FreshComparison:
    """The facts of a verdict that fresh runs confirmed or set aside."""
    assert verdict.facts.confirmation is not None
    assert verdict.facts.confirmation.fresh is not None
    return verdict.facts.confirmation.fresh


def rates(*, pass_hat_k: float | None = None, usd_per_run: float | None = None) -> ArmRates:
    """The rates of an arm, those that are not named made up."""
    return ArmRates((10, 10), 0.9, (0.8, 0.95), pass_hat_k, None, usd_per_run)


def comparison(**known: Any) -> ComparisonFacts:
    """The facts of a comparison, those that are not named made up."""
    made_up = ComparisonFacts(10, 100, 100, 0.1, -0.1, 0.5, 1.0, 4000, None, None, ())
    return replace(made_up, **known)
