"""Which runs count: measured ones, without the repeats of a cache, of the cases that both results share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from agent_runtime.statistics.looks import LookPlan
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult, in_order
from evals.results.verdict import CaseStatus

CACHE_SPEED = 0.1
"""A run faster than this share of its case's median latency looks like an answer from a cache. Chosen, not measured."""
LEAST_TYPICAL_MS = 100.0
"""Where runs take less, speed says nothing: a cache saves little there, and jitter is of that size."""
MOST_PLAUSIBLE = 1e12
"""Milliseconds (32 years) or dollars. A larger number is a mistake, and would overflow the arithmetic."""
FAILURES = frozenset({SampleStatus.AGENT_TIMEOUT, SampleStatus.CAP_HIT, SampleStatus.CONTRACT_VIOLATION})
"""Ways to end that are the agent's own failure, whatever a grader would have said."""


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """What one arm says about one case.

    Attributes:
        runs: measured runs that count, in order; a cache's repeats are gone.
        failures: failed runs among all measured ones, repeats included.
        infra_errors, grader_errors: runs that measured nothing, and why.
        collapsed: measured runs left out because a cache had answered.
    """

    case: CaseResult
    runs: tuple[Sample, ...]
    failures: int
    infra_errors: int
    grader_errors: int
    collapsed: int

    @property
    def passed(self) -> int:
        """Runs that count and passed."""
        return sum(outcome(run) is True for run in self.runs)

    @property
    def started(self) -> int:
        """All runs, measured or not."""
        return len(self.case.samples)

    @property
    def unmeasured(self) -> int:
        """Runs that measured nothing."""
        return self.infra_errors + self.grader_errors

    @property
    def measured(self) -> int:
        """Runs that measured something, repeats included."""
        return self.started - self.unmeasured


Evidence = Mapping[str, CaseEvidence]
"""One arm: its cases by id, in order of their ids."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """The status of every case of both arms, by id, in order of their ids."""

    status: Mapping[str, CaseStatus]

    def of(self, *statuses: CaseStatus) -> tuple[str, ...]:
        """The ids of the cases with one of these, in order."""
        return tuple(name for name, status in self.status.items() if status in statuses)


def outcome(sample: Sample) -> bool | None:
    """Passed or failed; None if the run measured nothing. The agent's own faults are failures."""
    if sample.status is SampleStatus.INFRA_ERROR:
        return None
    return False if sample.status in FAILURES else sample.passed


def gather(result: SuiteResult, other: SuiteResult | None = None) -> Evidence:
    """The evidence of `result`; `other` helps to tell what is too fast to be an answer of the agent."""
    typical = _typical_latency([result, other] if other is not None else [result])
    cases = sorted(result.cases, key=lambda case: case.case_id)
    return {case.case_id: _case_evidence(case, typical.get(case.case_id, 0.0)) for case in cases}


def pair(baseline: Evidence, candidate: Evidence) -> Pairing:
    """Sort the cases of both arms by status. An unknown case hash is taken for equal."""
    names = sorted({*baseline, *candidate})
    return Pairing({name: _status(baseline.get(name), candidate.get(name)) for name in names})


def repeated_word_for_word(evidence: Evidence) -> tuple[int, int]:
    """How many cases gave the same output in every run, of how many with at least two known outputs."""
    hashes = [[run.output_sha256 for run in case.runs if run.output_sha256] for case in evidence.values()]
    several = [known for known in hashes if len(known) > 1]
    return sum(len(set(known)) == 1 for known in several), len(several)


def usable(numbers: Iterable[float | None]) -> bool:
    """True if every number is known, not negative, and not beyond anything a run can cost or take."""
    return all(number is not None and 0 <= number <= MOST_PLAUSIBLE for number in numbers)


def _status(baseline: CaseEvidence | None, candidate: CaseEvidence | None) -> CaseStatus:
    if baseline is None or candidate is None:
        return CaseStatus.ADDED if baseline is None else CaseStatus.REMOVED
    # Foreign results have no hash: compared by id, or they could not be compared at all.
    known = {baseline.case.case_hash, candidate.case.case_hash} - {""}
    return CaseStatus.SHARED if len(known) <= 1 else CaseStatus.CHANGED


def _case_evidence(case: CaseResult, typical_ms: float) -> CaseEvidence:
    measured = [sample for sample in in_order(case.samples) if outcome(sample) is not None]
    runs = _without_repeats(measured, typical_ms)
    infra_errors = sum(sample.status is SampleStatus.INFRA_ERROR for sample in case.samples)
    return CaseEvidence(
        case=case,
        runs=tuple(runs),
        failures=sum(outcome(sample) is False for sample in measured),
        infra_errors=infra_errors,
        grader_errors=len(case.samples) - len(measured) - infra_errors,
        collapsed=len(measured) - len(runs),
    )


def _typical_latency(results: Sequence[SuiteResult]) -> dict[str, float]:
    """Per case the median latency of the slower result: one answered from a cache alone has a fast median."""
    typical: dict[str, float] = {}
    for case in (case for result in results for case in result.cases):
        known = [ms for sample in case.samples if (ms := _latency(sample)) is not None]
        if known:
            typical[case.case_id] = max(typical.get(case.case_id, 0.0), median(known))
    return typical


def _latency(sample: Sample) -> float | None:
    return sample.latency_ms if outcome(sample) is not None and usable([sample.latency_ms]) else None


def _without_repeats(runs: list[Sample], typical_ms: float) -> list[Sample]:
    """Keep what was answered afresh; if everything came from a cache, keep its first answer."""
    fresh = _fresh([run for run in _first_of_each_response(runs) if not run.cached], typical_ms)
    # One answer is evidence even if a cache gave it: what it repeats was once the agent's.
    return fresh or runs[:1]


def _first_of_each_response(runs: list[Sample]) -> list[Sample]:
    seen: set[str] = set()
    first = []
    for run in runs:
        if run.response_id and run.response_id in seen:
            continue
        seen.add(run.response_id or "")
        first.append(run)
    return first


def _fresh(runs: list[Sample], typical_ms: float) -> list[Sample]:
    """Drop the suspiciously fast runs that say what a slower run of the case said.

    Speed alone is not enough: an agent that starts to fail fast must not have its failures taken for repeats.
    """
    # By outcome too: the same words may pass in one run and fail in another, by a tool call.
    answers = {(outcome(run), run.output_sha256) for run in runs if not _fast(run, typical_ms)}
    results = {result for result, _ in answers}

    def repeats(run: Sample) -> bool:
        result, sha = outcome(run), run.output_sha256
        # Without a hash on one side the outcome alone has to do: harnesses that write no outputs have caches as well.
        return (result, sha) in answers or (result, None) in answers or (sha is None and result in results)

    return [run for run in runs if not (_fast(run, typical_ms) and repeats(run))]


def _fast(run: Sample, typical_ms: float) -> bool:
    finished = run.status is SampleStatus.COMPLETED and typical_ms >= LEAST_TYPICAL_MS
    return finished and run.latency_ms is not None and 0 <= run.latency_ms < CACHE_SPEED * typical_ms


EPSILON = 1e-9
"""For rates at a floor: 0.9 of ten runs is not always the 0.9 that somebody wrote."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Both sides of the question, before any number is drawn. An absent baseline is an empty one."""

    baseline: Evidence
    candidate: Evidence
    pairing: Pairing


@dataclass(frozen=True, slots=True)
class Look:
    """The look at `runs` runs per case, and the one-sided error that it may spend."""

    plan: LookPlan
    runs: int
    level: float = 0.0

    @property
    def last(self) -> bool:
        """True if no look follows."""
        return self.plan.next_after(self.runs) is None


def arms_of(baseline: SuiteResult | None, candidate: SuiteResult) -> Arms:
    """Simulated, replayed and real results never meet: then there is nothing on the other side."""
    comparable = baseline is not None and _same_source(baseline, candidate)
    reference = gather(baseline) if baseline is not None and comparable else {}
    # With the baseline, or a candidate that only ever met the cache would set its own standard of speed.
    evidence = gather(candidate, baseline if comparable else None)
    return Arms(reference, evidence, pair(reference, evidence))


def _same_source(baseline: SuiteResult, candidate: SuiteResult) -> bool:
    return (baseline.simulated, baseline.replayed) == (candidate.simulated, candidate.replayed)
