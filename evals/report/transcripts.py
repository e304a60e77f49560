"""One failed run, as far as a reader wants it: steps, tool calls, costs, grades and their reasons."""

from __future__ import annotations

from dataclasses import dataclass

from agent_runtime.visible import printable
from evals.formatting import figures
from evals.formatting.excerpts import Excerpt, excerpt, one_line, web_link
from evals.report.parts.failures import ENDED
from evals.results.records import Event, GradeResult, Sample

_MOST_STEPS = 40
"""What one reads of a failed run; the transcript in samples.jsonl has all. These limits were chosen for reading, and
benchmarks/report_size.py measures the page that they make."""
_LONGEST = {"system": 300, "user": 1_000}
_LONGEST_ELSE = 2_000
_GRADE_STATES = {True: "pass", False: "fail", None: "broke"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `measures` are its latency, cost and tokens, those that are known."""

    role: str
    text: Excerpt
    tool: str
    arguments: Excerpt | None
    flags: tuple[str, ...]
    measures: str


@dataclass(frozen=True, slots=True)
class GraderResult:
    """One grader's word: pass, fail, or broke (the grader itself did)."""

    grader: str
    state: str
    reason: Excerpt


@dataclass(frozen=True, slots=True)
class Transcript:
    """One run. `output` is None if the steps end with the answer already."""

    number: int
    ended: str
    measures: str
    steps: tuple[Step, ...]
    steps_left_out: str
    output: Excerpt | None
    error: Excerpt | None
    judgements: tuple[GraderResult, ...]
    trace_url: str | None


def transcript(sample: Sample) -> Transcript:
    """The run with its long texts cut, each cut marked."""
    steps = tuple(_step(event) for event in sample.transcript[:_MOST_STEPS])
    left_out = len(sample.transcript) - len(steps)
    output = None if _answered(sample) else excerpt(sample.output or "", _LONGEST_ELSE)
    error = excerpt(sample.error, _LONGEST_ELSE) if sample.error else None
    judgements = tuple(_judgement(grade) for grade in sample.grades[:20])
    return Transcript(
        number=sample.sample_index + 1,
        ended=ENDED[sample.status],
        measures=measures(sample.latency_ms, sample.cost_usd, sample.tokens),
        steps=steps,
        steps_left_out=f"{figures.count(left_out, 'more step')} left out" if left_out > 0 else "",
        output=output,
        error=error,
        judgements=judgements,
        trace_url=web_link(sample.trace_url),
    )


def measures(latency_ms: float | None, cost_usd: float | None, tokens: int | None) -> str:
    """ "840 ms · $0.0004 · 120 tokens", without what is not known."""
    known = (
        figures.milliseconds(latency_ms) if latency_ms is not None else "",
        figures.usd(cost_usd) if cost_usd is not None else "",
        figures.count(tokens, "token") if tokens is not None else "",
    )
    return " · ".join(part for part in known if part)


def _step(event: Event) -> Step:
    return Step(
        role=one_line(event.role, 20),
        text=excerpt(event.text, _LONGEST.get(event.role, _LONGEST_ELSE)),
        tool=one_line(event.tool or "", 120),
        arguments=excerpt(event.arguments, _LONGEST_ELSE) if event.arguments else None,
        flags=tuple(one_line(flag, 120) for flag in event.flags[:8]),
        measures=measures(event.latency_ms, event.cost_usd, event.tokens),
    )


def _judgement(grade: GradeResult) -> GraderResult:
    return GraderResult(one_line(grade.grader, 120), _GRADE_STATES[grade.passed], excerpt(grade.reason, 600))


def _answered(sample: Sample) -> bool:
    """Whether the last step shows the output already."""
    return bool(sample.transcript) and printable(sample.transcript[-1].text) == printable(sample.output or "")
