"""Saved runs as a target: today's graders grade the answers of that time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from agent_runtime.agent.manifest import resolve_inside
from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import strict_json
from agent_runtime.guard.redact import ALL_KINDS, Redactor
from evals.results.records import Attempt, CaseResult, Event, ObservedCall, Sample, SampleStatus, SuiteResult
from evals.results.samples import read_samples
from evals.results.texts import whole
from evals.suite.suite import EvalCase, Suite
from evals.suite.suite_file import RecordedTarget
from evals.targets.interface import NothingToOpen

_REFUSAL_FLAGS = ("denied:", "approval:pending")


class RecordedAgent(NothingToOpen):
    """The target `recorded:` of a suite. See `evals.targets.interface.Target`.

    Status, latency, tokens and costs are those of the saved run; nothing is spent. Outputs are as they were
    saved: personal data is a placeholder there.
    """

    worst_case_usd: float | None = None

    def __init__(self, suite: Suite, settings: RecordedTarget) -> None:
        """Read the file.

        Raises:
            InvalidInput: it cannot be read, or holds nothing for a case, or answers to another input.
        """
        saved = _read(suite, settings)
        self._folder = (suite.root / settings.file).parent
        self._cases = {case.case_id: case for case in saved.cases}
        if problems := list(_problems(suite, self._cases, settings.file)):
            raise InvalidInput(problems)
        self._samples = {(sample.case_id, sample.sample_index): sample for sample in saved.samples}
        self.simulated = saved.simulated
        self.fingerprint = saved.fingerprint
        self.agent = saved.agent
        self.model = saved.model

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """The saved run of this case and index; one that was never made is unmeasured."""
        sample = self._samples.get((case.case_id, sample_index))
        if sample is not None:
            return self._attempt(sample)
        there = len(self._cases[case.case_id].samples)
        what = (
            f"no run {sample_index + 1} of this case was recorded; there are {there}: use --samples {there}"
        )
        return Attempt(SampleStatus.INFRA_ERROR, error=what, retryable=False)

    def _attempt(self, sample: Sample) -> Attempt:
        try:
            output = None if sample.output is None else whole(sample.output, self._folder)
        except ValueError as error:
            what = f"the output was cut when it was saved, and {error}"
            return Attempt(SampleStatus.INFRA_ERROR, error=what, retryable=False)
        return recorded_attempt(replace(sample, output=output))


def recorded_attempt(sample: Sample) -> Attempt:
    """A saved sample as it was before anybody judged it."""
    return Attempt(
        status=sample.status,
        output=sample.output,
        latency_ms=sample.latency_ms,
        tokens=sample.tokens,
        cost_usd=sample.cost_usd,
        tool_calls=_tool_calls(sample.transcript),
        transcript=sample.transcript,
        error=sample.error,
        version=sample.version,
        response_id=sample.response_id,
        cached=sample.cached,
        trace_url=sample.trace_url,
        retryable=False,
    )


def _read(suite: Suite, settings: RecordedTarget) -> SuiteResult:
    try:
        return read_samples(resolve_inside(suite.root, settings.file))
    except ValueError as error:
        where = ("target", "recorded", "file")
        raise InvalidInput([suite.document.problem(where, str(error), "keep it beside the suite")]) from None


def _problems(suite: Suite, saved: Mapping[str, CaseResult], file: str) -> Iterator[Problem]:
    for case in suite.cases:
        found = saved.get(case.case_id)
        if found is None:
            what = f"{file} holds no run of case '{case.case_id}'"
            yield Problem(case.file, case.line, what, "run the agent on it, or take the case out")
        elif found.input_text and not same_text(found.input_text, case.input_text):
            what = f"the runs of case '{case.case_id}' in {file} answer another input"
            yield Problem(case.file, case.line, what, "run the agent again")


def same_text(saved: str, now: str) -> bool:
    """True if the texts agree once personal data, which may have been replaced in the saved one, is out."""
    return Redactor(ALL_KINDS).redact(saved) == Redactor(ALL_KINDS).redact(now)


def _tool_calls(transcript: tuple[Event, ...]) -> tuple[ObservedCall, ...] | None:
    """The tool calls of a transcript. Without any: () if our own runtime made it, which reports them all, else None."""
    calls = tuple(_observed(event) for event in transcript if event.tool is not None)
    reported = bool(calls) or any(event.role == "plan" for event in transcript)
    return calls if reported else None


def _observed(event: Event) -> ObservedCall:
    refused = any(flag.startswith(_REFUSAL_FLAGS) for flag in event.flags)
    return ObservedCall(event.tool or "", _arguments(event.arguments), executed=not refused)


def _arguments(settings: str | None) -> Mapping[str, Any]:
    try:
        value = strict_json(settings or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
