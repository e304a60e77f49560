"""What was measured: Attempt -> Sample -> CaseResult -> SuiteResult, and the Verdict drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agent_runtime.records import RECORDED


class SampleStatus(StrEnum):
    """How one run of one case ended. Only `infra_error` says nothing about the agent."""

    COMPLETED = "completed"
    AGENT_TIMEOUT = "agent_timeout"
    CAP_HIT = "cap_hit"
    CONTRACT_VIOLATION = "contract_violation"
    INFRA_ERROR = "infra_error"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a transcript, as the report shows it. Hostile text: escape at the sink.

    Attributes:
        role: system | user | plan | tool | critic | retry | answer
        text: what was said or returned.
        tool, arguments: for role tool; arguments as the model wrote them.
        flags: the gatekeeper's notes.
        cost_usd: None if unknown.
    """

    role: str
    text: str
    tool: str | None = None
    arguments: str | None = None
    flags: tuple[str, ...] = ()
    latency_ms: float | None = None
    cost_usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ObservedCall:
    """A tool call a target reported. `executed` is False if it was refused."""

    name: str
    arguments: Mapping[str, Any]
    executed: bool = True


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one run of the agent under test gave back, before anybody judged it.

    Attributes:
        latency_ms: measured, or virtual for a simulated model; None if unknown.
        cost_usd: None if the target does not say.
        tool_calls: None if the target does not report them (not: that there were none).
        cached: True if the target said the answer came from a cache.
        retryable: with `infra_error`, False if another try would end the same (a 404, an HTML page).
        retry_after: with `infra_error` or `throttled`, seconds the target asked to wait; None if it did not.
        throttled: True if the target (or its provider) answered 429 on the way, even if it came through later.
    """

    status: SampleStatus
    output: str | None = None
    latency_ms: float | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    tool_calls: tuple[ObservedCall, ...] | None = None
    transcript: tuple[Event, ...] = ()
    error: str | None = None
    version: str | None = None
    response_id: str | None = None
    cached: bool = False
    trace_url: str | None = None
    retryable: bool = True
    retry_after: float | None = None
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Grade:
    """One grader's word. `passed` None means the grader itself broke: not a fail, not a pass."""

    grader: str
    passed: bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured run of one case.

    Attributes:
        passed: None is *unmeasured* (infrastructure or grader broke): never a fail, never a pass.
        attempts: how often it was started; more than 1 after infrastructure errors.
        seed: what the agent was given to draw from; None in foreign results.
    """

    case_id: str
    sample_index: int
    status: SampleStatus
    passed: bool | None
    grades: tuple[Grade, ...] = ()
    latency_ms: float | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    output: str | None = None
    output_sha256: str | None = None
    transcript: tuple[Event, ...] = ()
    error: str | None = None
    version: str | None = None
    response_id: str | None = None
    cached: bool = False
    trace_url: str | None = None
    attempts: int = 1
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """All samples of one case, ordered by sample_index.

    Attributes:
        comparability: hash of input, graders and success; "" if unknown (foreign results).
        input_text: what the case asks, for the report.
    """

    case_id: str
    samples: tuple[Sample, ...]
    comparability: str = ""
    tags: tuple[str, ...] = ()
    must_pass: bool = False
    input_text: str = ""


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """One evaluation of one suite. A saved one is a baseline; there is no second type.

    Attributes:
        fingerprint: of the manifest or target; None if unknown (foreign results).
        commit: git commit of the evaluated tree, None outside git.
        simulated: True if no real model answered; never compared with a real result.
    """

    suite: str
    cases: tuple[CaseResult, ...]
    fingerprint: str | None = None
    commit: str | None = None
    simulated: bool = False
    agent: str | None = None
    model: str | None = None

    @property
    def replayed(self) -> bool:
        """True if its answers came from a recording."""
        return (self.model or "").startswith(RECORDED)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Every sample, case by case."""
        return tuple(sample for case in self.cases for sample in case.samples)


class MetricVerdict(StrEnum):
    """What one metric says."""

    DRIFT = "drift"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    UNDECIDED = "undecided"
    NOT_MEASURABLE = "not_measurable"


class VerdictKind(StrEnum):
    """What the whole evaluation says; the command line's exit code follows from it."""

    DRIFT = "drift"
    BELOW_FLOOR = "below_floor"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    UNDECIDED = "undecided"
    PROVIDER_DRIFT = "provider_drift"
    NO_BASELINE = "no_baseline"
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric, baseline against candidate.

    Attributes:
        baseline, candidate: success rate (0..1), milliseconds, or US dollars; None if not measurable.
        change: difference of rates for success_rate, ratio candidate/baseline for the others.
        ci_low, ci_high: 90 % interval of `change`.
    """

    verdict: MetricVerdict
    baseline: float | None = None
    candidate: float | None = None
    change: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseComparison:
    """One shared (or added, or removed) case, for the report.

    Attributes:
        standing: shared | added | removed | changed (same id, other input or graders)
        *_passed, *_runs: measured runs that passed, and measured runs, per arm.
        p_broken: one-sided Fisher mid-p that the case got worse; None unless shared.
    """

    case_id: str
    standing: str
    baseline_passed: int = 0
    baseline_runs: int = 0
    candidate_passed: int = 0
    candidate_runs: int = 0
    p_broken: float | None = None
    broken: bool = False
    watch: bool = False
    baseline_p95_ms: float | None = None
    candidate_p95_ms: float | None = None
    baseline_usd_per_run: float | None = None
    candidate_usd_per_run: float | None = None
    unmeasured: int = 0


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Success on a part of the suite: the cases with one tag, or what one grader says of all cases.

    Attributes:
        kind: tag | grader
        cases: compared cases; without a comparison, the candidate's.
        baseline, candidate: success rates, 0..1; for a grader, of the runs that it judged.
        change, ci_low, ci_high: difference of rates and its 90 % interval; None if there is none.
        gates: whether a fall of it is a drift of the whole.
        p_fell: of a tag that gates: one-sided exact p of a fall, corrected (Holm) over all that gate.
    """

    kind: str
    name: str
    cases: int
    baseline: float | None = None
    candidate: float | None = None
    change: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    gates: bool = False
    p_fell: float | None = None
    fell: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a team acts on. `verdict.json` is this, and holds no timestamps.

    Attributes:
        headline: one paragraph in plain words, markdown bold allowed, no p-values.
        reasons: why, in plain words, most important first.
        metrics: success_rate, p95_latency_ms, usd_per_success.
        breakdowns: by tag and by grader; they only describe, but for tags that the suite lets gate.
        facts: further numbers by name (pass^k, minimum detectable drop, $/run, exact p, …), and `fail_on` where the
            suite's gate names it.
    """

    verdict: VerdictKind
    headline: str
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    metrics: Mapping[str, Comparison] = field(default_factory=dict)
    broken_cases: tuple[str, ...] = ()
    watch_cases: tuple[str, ...] = ()
    shared_cases: tuple[str, ...] = ()
    added_cases: tuple[str, ...] = ()
    removed_cases: tuple[str, ...] = ()
    cases: tuple[CaseComparison, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    infra_errors: int = 0
    grader_errors: int = 0
    seed: int = 0
    suite: str = ""
    simulated: bool = False
    agent: str | None = None
    model: str | None = None
    fingerprint: str | None = None
    baseline_fingerprint: str | None = None
    commit: str | None = None
    margin: float = 0.10
    facts: Mapping[str, Any] = field(default_factory=dict)
