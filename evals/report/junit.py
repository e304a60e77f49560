"""junit.xml: one testcase per case, its repeats folded into one outcome.

The file is red exactly when the verdict is: `drift` and `below_floor` have at least one `<failure>`,
`not_measured` at least one `<error>`, every other verdict neither. A case that failed some of its runs in a suite
that passes is green, with its score in `<system-out>`; a case of which no run was measured is `<skipped>`.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from evals.report.parts.failures import first_failure, reason, score
from evals.results.records import CaseResult, SuiteResult
from evals.results.verdict import CaseComparison, MetricVerdict, Verdict, VerdictKind

# All but what XML 1.0 allows: https://www.w3.org/TR/xml/#charsets
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 1_000
"""Characters of a message: CI systems show a line of it. Chosen, not measured."""


def render_junit(verdict: Verdict, candidate: SuiteResult) -> str:
    """The XML document. Characters that XML forbids are removed."""
    failures, errors = failed_cases(verdict, candidate), unmeasured_cases(verdict, candidate)
    compared = {row.case_id: row for row in verdict.cases}
    skipped = {case.case_id for case in candidate.cases if not score(case)[1]} - failures - errors
    suites = Element("testsuites")
    suite = SubElement(
        suites,
        "testsuite",
        name=_legal(verdict.suite or candidate.suite),
        tests=str(len(candidate.cases)),
        failures=str(len(failures)),
        errors=str(len(errors)),
        skipped=str(len(skipped)),
        time=f"{sum(_seconds(case) for case in candidate.cases):.3f}",
    )
    properties = SubElement(suite, "properties")
    SubElement(properties, "property", name="verdict", value=verdict.verdict.value)
    SubElement(properties, "property", name="simulated", value=str(verdict.simulated).lower())
    for case in candidate.cases:
        element = SubElement(suite, "testcase", name=_legal(case.case_id), classname=_legal(candidate.suite))
        element.set("time", f"{_seconds(case):.3f}")
        outcome = _outcome(case, compared.get(case.case_id))
        if case.case_id in failures:
            SubElement(element, "failure", message=outcome, type=verdict.verdict.value).text = _details(
                case, verdict
            )
        elif case.case_id in errors:
            SubElement(element, "error", message=outcome, type=verdict.verdict.value).text = _details(
                case, verdict
            )
        elif case.case_id in skipped:
            SubElement(element, "skipped", message=outcome)
        SubElement(element, "system-out").text = _legal(f"{outcome}\n{_first_reason(case)}".strip())
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def failed_cases(verdict: Verdict, candidate: SuiteResult) -> set[str]:
    """The cases that carry a red verdict, never none of them.

    The broken ones and the ones below their floor. If no case is to blame by name: every case with a failed run
    (below the floor), every case that fell (success drifted), or every case (latency or cost drifted).
    """
    if verdict.verdict not in (VerdictKind.DRIFT, VerdictKind.BELOW_FLOOR):
        return set()
    everything = {case.case_id for case in candidate.cases}
    failing = {case.case_id for case in candidate.cases if first_failure(case.samples)}
    named = set(verdict.broken_cases) | {case.case_id for case in candidate.cases if case.must_pass} & failing
    # A broken case that the candidate no longer has cannot carry a failure: the file would be green.
    if named & everything:
        return named & everything
    if verdict.verdict is VerdictKind.BELOW_FLOOR:
        return failing or everything
    success = verdict.metrics.get("success_rate")
    if success is None or success.verdict is not MetricVerdict.DRIFT:
        return everything
    return {row.case_id for row in verdict.cases if _got_worse(row)} & everything or everything


def unmeasured_cases(verdict: Verdict, candidate: SuiteResult) -> set[str]:
    """The cases that carry a `not_measured`: those with a run that was not, else every one."""
    if verdict.verdict is not VerdictKind.NOT_MEASURED:
        return set()
    holes = {case.case_id for case in candidate.cases if any(run.passed is None for run in case.samples)}
    return holes or {case.case_id for case in candidate.cases}


def _got_worse(row: CaseComparison) -> bool:
    if not row.baseline_runs or not row.candidate_runs:
        return False
    # Multiplied out: whole numbers decide, not the last bit of two quotients.
    return row.candidate_passed * row.baseline_runs < row.baseline_passed * row.candidate_runs


def _outcome(case: CaseResult, row: CaseComparison | None) -> str:
    passed, runs = score(case)
    unmeasured = len(case.samples) - runs
    before = (
        f", {row.baseline_passed}/{row.baseline_runs} in the baseline" if row and row.baseline_runs else ""
    )
    without = f", {unmeasured} not measured" if unmeasured else ""
    return f"{passed}/{runs} runs passed{before}{without}"


def _details(case: CaseResult, verdict: Verdict) -> str:
    return _legal("\n".join(part for part in (_first_reason(case), *verdict.reasons[:1]) if part))


def _first_reason(case: CaseResult) -> str:
    failed = first_failure(case.samples) or next((run for run in case.samples if run.passed is None), None)
    return f"run {failed.sample_index + 1}: {reason(failed)}" if failed else ""


def _seconds(case: CaseResult) -> float:
    return sum(sample.latency_ms or 0.0 for sample in case.samples) / 1000


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text[:_LONGEST])
