"""The cases of the report: the broken ones first, each with its diff and its first failed run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import escape

from evals.formatting import figures
from evals.formatting.excerpts import Excerpt, excerpt, one_line, web_link
from evals.report.parts.failures import first_failure, reason, score
from evals.report.parts.heatmap import Strip, strip
from evals.report.transcripts import Transcript, measures, transcript
from evals.results.records import CaseResult, Sample, SuiteResult
from evals.results.verdict import CaseComparison, CaseStatus, Verdict

# What keeps a page of any suite below 15 MB: benchmarks/report_size.py. Below these figures nothing is left out.
MOST_CASES = 2_000
MOST_RUN_LINES = 200
MOST_OPEN = 3
MOST_BYTES = 12_000_000
BRIEF_BYTES = 2_000
"""Kept free for each case that is still to come, so that it is at least shown in brief."""

Row = tuple[CaseResult, CaseComparison]

_NOT_COMPARED = {CaseStatus.ADDED: "new case", CaseStatus.CHANGED: "case changed"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of the case's diff."""

    name: str
    baseline: str
    candidate: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in one line. `state` is pass, fail or unmeasured."""

    number: int
    state: str
    measures: str
    note: str
    trace_url: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case. `filters` and `tags` are what the page's filter looks at; `badges` pairs of word and tone.

    Attributes:
        brief: True if texts and runs are left out to keep the page small.
    """

    anchor: str
    name: str
    open: bool
    badges: tuple[tuple[str, str], ...]
    before: str
    after: str
    strip: Strip
    baseline_strip: Strip | None
    tags: tuple[str, ...]
    filters: tuple[str, ...]
    why: str
    asked: Excerpt
    differences: tuple[Difference, ...]
    failed_run: Transcript | None
    good_output: Excerpt | None
    runs: tuple[RunLine, ...]
    runs_left_out: str
    brief: bool = False


@dataclass(frozen=True, slots=True)
class CaseList:
    """Every case that is listed, in the order of attention. `left_out` is "" if all are."""

    cases: tuple[CaseView, ...]
    left_out: str


def case_list(verdict: Verdict, candidate: SuiteResult, baseline: SuiteResult | None) -> CaseList:
    """The candidate's cases: broken, watch, below their floor, failing, then the others; worst first."""
    compared = {row.case_id: row for row in verdict.cases}
    before = {case.case_id: case for case in baseline.cases} if baseline else {}
    rows = [(case, compared.get(case.case_id) or _uncompared(case)) for case in candidate.cases]
    ordered = sorted(rows, key=_attention)
    listed = tuple(_fitting(ordered[:MOST_CASES], before))
    return CaseList(listed, _left_out([case for case, _ in ordered[len(listed) :]]))


def _fitting(rows: Sequence[Row], before: Mapping[str, CaseResult]) -> Iterator[CaseView]:
    """The cases in full as long as the others still fit in brief, then those in brief, then no more."""
    room, full = MOST_BYTES, True
    for index, (case, row) in enumerate(rows, 1):
        view = _view(index, case, row, before) if full else None
        # Once one is brief all after it are: a page whose cases differ in what they show looks broken.
        if view is None or _weight(view) > room - BRIEF_BYTES * (len(rows) - index):
            full, view = False, _brief(index, case, row, before)
        room -= _weight(view)
        if room < 0:
            return
        yield view


def _weight(view: CaseView) -> int:
    """About as many bytes as it takes in the page: its texts, escaped; the names of fields stand for the tags."""
    return len(escape(repr(view)).encode(errors="replace"))


def _uncompared(case: CaseResult) -> CaseComparison:
    passed, runs = score(case)
    return CaseComparison(case.case_id, CaseStatus.ADDED, candidate_passed=passed, candidate_runs=runs)


def _attention(pair: Row) -> tuple[int, float]:
    case, row = pair
    # Of equal rank, those that fell farthest.
    return _rank(case, row), _rate(row.candidate_passed, row.candidate_runs) - _rate(
        row.baseline_passed, row.baseline_runs
    )


def _rank(case: CaseResult, row: CaseComparison) -> int:
    failed = row.candidate_passed < row.candidate_runs
    tests = (row.broken, case.must_pass and failed, row.watch, failed, row.unmeasured > 0)
    return tests.index(True) if True in tests else len(tests)


def _rate(passed: int, runs: int) -> float:
    return passed / runs if runs else 1.0


def _left_out(cases: list[CaseResult]) -> str:
    if not cases:
        return ""
    failing = sum(first_failure(case.samples) is not None for case in cases)
    how_many_failed = f"of them {failing:,} with a failed run" if failing else "none of them failed a run"
    return f"{figures.count(len(cases), 'more case')} not listed here, {how_many_failed}. samples.jsonl has every run."


def _view(index: int, case: CaseResult, row: CaseComparison, before: Mapping[str, CaseResult]) -> CaseView:
    failed, old = first_failure(case.samples), before.get(case.case_id)
    return replace(
        _brief(index, case, row, before),
        tags=tuple(one_line(tag, 60) for tag in case.tags[:20]),
        asked=excerpt(case.input_text, 1_000),
        failed_run=transcript(failed) if failed else None,
        good_output=_good_output(old) if failed else None,
        runs=tuple(_run_line(sample) for sample in case.samples[:MOST_RUN_LINES]),
        runs_left_out=_more_runs(len(case.samples) - MOST_RUN_LINES),
        brief=False,
    )


def _brief(index: int, case: CaseResult, row: CaseComparison, before: Mapping[str, CaseResult]) -> CaseView:
    """The case without its long texts and single runs."""
    old = before.get(case.case_id)
    failed = first_failure(case.samples)
    compared = row.baseline_runs > 0
    return CaseView(
        anchor=f"case-{index}",
        name=one_line(case.case_id, 160) or "(no name)",
        open=row.broken and index <= MOST_OPEN,
        badges=_badges(case, row, bool(before)),
        before=figures.out_of(row.baseline_passed, row.baseline_runs) if compared else "",
        after=figures.out_of(row.candidate_passed, row.candidate_runs),
        strip=strip(case),
        baseline_strip=strip(old) if old and compared else None,
        tags=tuple(one_line(tag, 60) for tag in case.tags[:3]),
        filters=_filters(row, failed),
        why=one_line(reason(failed), 180) if failed else "",
        asked=excerpt(case.input_text, 200),
        differences=_differences(row, compared),
        failed_run=None,
        good_output=None,
        runs=(),
        runs_left_out="",
        brief=True,
    )


def _badges(case: CaseResult, row: CaseComparison, against_baseline: bool) -> tuple[tuple[str, str], ...]:
    failed = row.candidate_passed < row.candidate_runs
    badges = (
        ("broken", "bad", row.broken),
        ("below floor", "bad", case.must_pass and failed),
        ("watch", "doubt", row.watch),
        ("must pass", "plain", case.must_pass and not failed),
        (_NOT_COMPARED.get(row.status, ""), "plain", row.status in _NOT_COMPARED and against_baseline),
        (f"{row.unmeasured} not measured", "plain", row.unmeasured > 0),
    )
    return tuple((word, tone) for word, tone, holds in badges if holds)


def _filters(row: CaseComparison, failed: Sample | None) -> tuple[str, ...]:
    moved = (
        row.status is CaseStatus.SHARED
        and row.baseline_runs > 0
        and (_rate(row.baseline_passed, row.baseline_runs) != _rate(row.candidate_passed, row.candidate_runs))
    )
    tests = (
        ("failing", failed is not None),
        ("broken", row.broken),
        ("changed", moved or row.status is CaseStatus.CHANGED),
    )
    return tuple(name for name, holds in tests if holds)


def _differences(row: CaseComparison, compared: bool) -> tuple[Difference, ...]:
    rows = (
        (
            "Runs passed",
            figures.out_of(row.baseline_passed, row.baseline_runs),
            figures.out_of(row.candidate_passed, row.candidate_runs),
        ),
        (
            "p95 latency",
            figures.milliseconds(row.baseline_p95_ms),
            figures.milliseconds(row.candidate_p95_ms),
        ),
        ("$ per run", figures.usd(row.baseline_usd_per_run), figures.usd(row.candidate_usd_per_run)),
    )
    return tuple(Difference(name, old if compared else figures.NOT_KNOWN, new) for name, old, new in rows)


def _good_output(case: CaseResult | None) -> Excerpt | None:
    """What a passing run of the baseline answered, where the baseline still knows it."""
    outputs: Iterable[str] = (
        sample.output for sample in (case.samples if case else ()) if sample.passed and sample.output
    )
    found = next(iter(outputs), None)
    return excerpt(found, 1_000) if found else None


def _run_line(sample: Sample) -> RunLine:
    state = "unmeasured" if sample.passed is None else "pass" if sample.passed else "fail"
    return RunLine(
        number=sample.sample_index + 1,
        state=state,
        measures=measures(sample.latency_ms, sample.cost_usd, None),
        note=one_line(reason(sample), 120),
        trace_url=web_link(sample.trace_url),
    )


def _more_runs(number: int) -> str:
    return f"{figures.count(number, 'more run')} not listed here." if number > 0 else ""
