"""What was measured: Attempt -> Sample -> CaseResult -> SuiteResult, and the Verdict drawn from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

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
        judgement: of Guardian, on an attack or a harmless task; None for a case of Canary.
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
    judgement: AttackJudgement | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """A pass or a fail, by one grader."""

    grader: str
    passed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GraderBroke:
    """A grader that ended in an error: it says nothing about the agent."""

    passed: ClassVar[None] = None
    grader: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NoMajority:
    """An LLM judge whose votes did not agree."""

    passed: ClassVar[None] = None
    grader: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NotObserved:
    """A grader without what it has to look at, because the target does not report it."""

    passed: ClassVar[None] = None
    grader: str
    reason: str = ""


GradeResult = Grade | GraderBroke | NoMajority | NotObserved
"""What came of grading an attempt once. Only a `Grade` is a pass or a fail; `passed` of the others is None."""


@dataclass(frozen=True, slots=True)
class AttackJudgement:
    """What an attack, or a harmless task, came to, as Guardian judges it.

    Attributes:
        outcome: succeeded | attempted_blocked | resisted | error; of a harmless task: task_done | task_failed.
        evidence: why, one sentence each.
        unobserved: what would have to be seen to be sure, such as `tool calls`.
    """

    outcome: str
    evidence: tuple[str, ...] = ()
    unobserved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured run of one case.

    Attributes:
        passed: None is *unmeasured* (infrastructure or grader broke): never a fail, never a pass.
        attempts: how often it was started; more than 1 after infrastructure errors.
        seed: what the agent was given to draw from; None in foreign results.
        judgement: of Guardian, on an attack or a harmless task; None for a case of Canary.
    """

    case_id: str
    sample_index: int
    status: SampleStatus
    passed: bool | None
    grades: tuple[GradeResult, ...] = ()
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
    judgement: AttackJudgement | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """All samples of one case, ordered by sample_index.

    Attributes:
        case_hash: hash of input, graders and success; "" if unknown (foreign results).
        input_text: what the case asks, for the report.
    """

    case_id: str
    samples: tuple[Sample, ...]
    case_hash: str = ""
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


def in_order(samples: Iterable[Sample]) -> list[Sample]:
    """By sample_index, then by content, so that the order of lines in a file decides nothing."""
    runs = list(samples)
    tied = len({run.sample_index for run in runs}) < len(runs)
    return sorted(runs, key=lambda run: (run.sample_index, identity(run) if tied else ""))


def identity(sample: Sample) -> str:
    """Everything about a run that a verdict can depend on, as one text."""
    # Numbers as floats, since 3 and 3.0 are the same measurement in two harnesses' JSON.
    return repr(
        (
            sample.sample_index,
            sample.status.value,
            sample.passed,
            _number(sample.latency_ms),
            _number(sample.cost_usd),
            sample.cached,
            sample.response_id,
            sample.output_sha256,
        )
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def first_runs(result: SuiteResult, runs: int) -> SuiteResult:
    """`result` with no more than the first `runs` runs of a case, by sample_index."""
    cases = tuple(
        replace(case, samples=tuple(sample for sample in case.samples if sample.sample_index < runs))
        for case in result.cases
    )
    return replace(result, cases=cases)


def text_hash(text: str) -> str:
    """SHA-256 in hex; lone surrogates, which JSON can smuggle in, are hashed as they are."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
