"""What a reader of a pull request reads: verdict first, one table, the rest folded. Numbers in, markdown blocks out.

Everything that models, tools or people wrote passes through `evals.formatting.markdown` on its way into a view model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from agent_runtime.render import render
from bot.message.results import Results
from evals.formatting import figures, markdown
from evals.formatting.prose import new_reasons, spans, without_title
from evals.report.parts.failures import first_failure, reason, score
from evals.report.parts.metrics import metric_rows
from evals.results.records import CaseResult, Sample
from evals.results.verdict import CaseComparison, CaseStatus, Tone, Verdict, VerdictKind
from security_pack.catalog.probe import Severity
from security_pack.findings.findings import Assessment, Finding

MOST_CASES = 20
MOST_FINDINGS = 20
MOST_DETAILS = 15
"""Cases and findings that the check's text shows in full."""
_MOST_REASONS = 8
_MOST_WARNINGS = 15

ICONS: Mapping[Tone, str] = {Tone.PLAIN: "⚪", Tone.GOOD: "✅", Tone.DOUBT: "⚠️", Tone.BAD: "❌"}
"""In the order in which one outweighs the others."""
_TONES = {"bad": "🔴", "good": "🟢", "doubt": "🟡", "plain": "⚪"}
_SEVERITIES = {
    Severity.CRITICAL: "🔴\u00a0critical",
    Severity.HIGH: "🔴\u00a0high",
    Severity.MEDIUM: "🟡\u00a0medium",
    Severity.LOW: "⚪\u00a0low",
}
_LED_BY_SUCCESS = {VerdictKind.PASS, VerdictKind.UNDECIDED}
"""Their headlines begin with the figures of the success rate."""
_LOUDEST = list(reversed(Severity))


@dataclass(frozen=True, slots=True)
class Row:
    """One metric."""

    name: Markup
    baseline: str
    candidate: str
    change: str
    interval: str
    word: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One named case. `why` is the first failed run's reason, `trace` a link to it or ""."""

    name: Markup
    before: str
    after: str
    why: Markup
    trace: Markup


@dataclass(frozen=True, slots=True)
class CaseTable:
    """Cases that are named for the same reason. `more` counts those left out, "" if none."""

    title: str
    open: bool
    compared: bool
    rows: tuple[CaseRow, ...]
    more: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One way in."""

    severity: str
    title: Markup
    place: Markup
    fix: Markup


@dataclass(frozen=True, slots=True)
class FindingTable:
    """Findings that are named for the same reason. `more` counts those left out, "" if none."""

    title: str
    open: bool
    rows: tuple[FindingRow, ...]
    more: str


@dataclass(frozen=True, slots=True)
class DetailBlock:
    """One case or finding in full. `blocks` are quoted texts with a name each."""

    title: Markup
    lines: tuple[Markup, ...]
    blocks: tuple[tuple[str, Markup], ...]


# --- titles -----------------------------------------------------------------------------------------------


def icon_and_title(results: Results) -> tuple[str, str]:
    """The worst sign of the two, and one line of our own words and numbers."""
    icons, titles = [], []
    if results.verdict is not None:
        kind = results.verdict.verdict
        icons.append(ICONS[kind.tone])
        titles.append(": ".join(part for part in (kind.heading, _brief(results.verdict)) if part))
    if results.assessment is not None:
        conclusion = results.assessment.conclusion
        icons.append(ICONS[conclusion.tone])
        titles.append(f"Guardian: {_ways_in(results.assessment) or conclusion.summary}")
    return max(icons, key=list(ICONS.values()).index), " · ".join(titles)


def _brief(verdict: Verdict) -> str:
    """93 % → 78 %, 3 cases broke"""
    success, broken = verdict.metrics.get("success_rate"), len(verdict.broken_cases)
    moved = ""
    if success is not None and success.candidate is not None:
        shown = figures.change_of(success)
        alone = success.baseline is None
        moved = f"{shown.candidate} success" if alone else f"{shown.baseline} → {shown.candidate}"
    return ", ".join(
        part for part in (moved, f"{figures.count(broken, 'case')} broke" if broken else "") if part
    )


def _ways_in(assessment: Assessment) -> str:
    blocking = sum(finding.blocking for finding in assessment.findings)
    return f"{figures.count(blocking, 'blocking finding')}" if blocking else ""


# --- blocks -----------------------------------------------------------------------------------------------


def overview(results: Results) -> Iterator[str]:
    """The blocks of a comment, most important first; each is whole in itself."""
    if not results.trusted:
        yield render("comment/claim.md.j2")
    if results.verdict is not None:
        yield _verdict_block(results.verdict)
        yield from map(_case_block, case_tables(results, results.verdict))
    if results.assessment is not None:
        yield _assessment_block(results.assessment)
        yield from map(_finding_block, finding_tables(results.assessment))
    if warnings := _warnings(results):
        title = figures.count(len(warnings), "warning")
        yield render("comment/warnings.md.j2", title=title, warnings=warnings[:_MOST_WARNINGS])
    yield render("comment/origin.md.j2", parts=_origin(results))


def details(results: Results) -> Iterator[str]:
    """The blocks of the check's text: each failing case and each finding, in full."""
    if results.verdict is not None:
        for case, row in _failing(results, results.verdict)[:MOST_DETAILS]:
            yield render("comment/detail.md.j2", detail=_detail_of_case(case, row))
    if results.assessment is not None:
        for finding in _ordered(results.assessment.findings)[:MOST_DETAILS]:
            yield render("comment/detail.md.j2", detail=_detail_of_finding(finding))


def _verdict_block(verdict: Verdict) -> str:
    return render(
        "comment/verdict.md.j2",
        lead="Success " if verdict.verdict in _LED_BY_SUCCESS else "",
        headline=markdown.prose(without_title(spans(verdict.headline)), 1_500),
        simulated=verdict.simulated,
        reasons=[markdown.prose(each) for each in new_reasons(verdict)[:_MOST_REASONS]],
        compared=any(metric.baseline is not None for metric in verdict.metrics.values()),
        rows=[
            Row(
                markdown.text(row.name),
                row.baseline,
                row.candidate,
                row.change,
                row.interval,
                _toned(row.word, row.tone),
            )
            for row in metric_rows(verdict)
        ],
    )


def _toned(word: str, tone: str) -> str:
    return f"{_TONES[tone]}\u00a0{word}" if word else ""


def _case_block(table: CaseTable) -> str:
    return render("comment/cases.md.j2", table=table)


def case_tables(results: Results, verdict: Verdict) -> tuple[CaseTable, ...]:
    """Broken cases, and those to watch; folded but for the broken ones."""
    rows = {row.case_id: row for row in verdict.cases}
    broken = figures.count(len(verdict.broken_cases), "case") + " broke"
    watch = figures.count(len(verdict.watch_cases), "case") + " to watch: it may be chance"
    tables = (
        _case_table(results, rows, verdict.broken_cases, broken, opened=True),
        _case_table(results, rows, verdict.watch_cases, watch, opened=False),
    )
    return tuple(table for table in tables if table.rows)


def _case_table(
    results: Results, rows: Mapping[str, CaseComparison], names: Sequence[str], title: str, *, opened: bool
) -> CaseTable:
    shown = tuple(_case_row(results, name, rows.get(name)) for name in names[:MOST_CASES])
    more = len(names) - len(shown)
    compared = any(row.before != figures.NOT_KNOWN for row in shown)
    return CaseTable(
        title, opened, compared, shown, f"and {figures.count(more, 'more case')}" if more > 0 else ""
    )


def _case_row(results: Results, name: str, row: CaseComparison | None) -> CaseRow:
    case = results.case(name)
    failed = first_failure(case.samples) if case else None
    return CaseRow(
        name=markdown.code(name, 80),
        before=figures.out_of(row.baseline_passed, row.baseline_runs) if row else figures.NOT_KNOWN,
        after=figures.out_of(row.candidate_passed, row.candidate_runs) if row else figures.NOT_KNOWN,
        why=markdown.code(reason(failed), 120) if failed else Markup(""),
        trace=markdown.link("trace", failed.trace_url) if failed and results.trusted else Markup(""),
    )


def _assessment_block(assessment: Assessment) -> str:
    return render(
        "comment/assessment.md.j2",
        icon=ICONS[assessment.conclusion.tone],
        headline=markdown.prose(without_title(spans(assessment.headline)), 1_500),
        simulated=assessment.simulated,
    )


def _finding_block(table: FindingTable) -> str:
    return render("comment/findings.md.j2", table=table)


def finding_tables(assessment: Assessment) -> tuple[FindingTable, ...]:
    """What blocks, what does not, and what somebody decided to live with."""
    ordered = _ordered(assessment.findings)
    blocking = [each for each in ordered if each.blocking]
    others = [each for each in ordered if not each.blocking and each.suppressed is None]
    suppressed = [each for each in ordered if each.suppressed is not None]
    ways = figures.count(len(blocking), "way") + " in"
    more = figures.count(len(others), "finding") + " that does not block" * (len(others) == 1)
    more += " that do not block" * (len(others) != 1)
    lived_with = figures.count(len(suppressed), "suppressed finding")
    tables = (
        _finding_table(blocking, ways, opened=True),
        _finding_table(others, more, opened=False),
        _finding_table(suppressed, lived_with, opened=False),
    )
    return tuple(table for table in tables if table.rows)


def _finding_table(findings: Sequence[Finding], title: str, *, opened: bool) -> FindingTable:
    shown = tuple(map(_finding_row, findings[:MOST_FINDINGS]))
    more = len(findings) - len(shown)
    return FindingTable(
        title, opened, shown, f"and {figures.count(more, 'more finding')}" if more > 0 else ""
    )


def _finding_row(finding: Finding) -> FindingRow:
    return FindingRow(
        severity=_SEVERITIES[finding.severity],
        title=Markup("{}<br>{}").format(
            markdown.prose(spans(finding.title), 150), markdown.code(finding.rule_id, 80)
        ),
        place=markdown.code(f"{finding.location.file}:{finding.location.line}", 100),
        fix=markdown.prose(spans(finding.fix), 300),
    )


def _ordered(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda each: (not each.blocking, _LOUDEST.index(each.severity), each.rule_id))


def _warnings(results: Results) -> list[Markup]:
    parts = (results.verdict, results.assessment)
    return [markdown.prose(spans(warning)) for part in parts if part is not None for warning in part.warnings]


def _origin(results: Results) -> list[tuple[str, Markup]]:
    """Suite, agent, model, what was compared with what, and the seed that repeats it."""
    verdict, assessment = results.verdict, results.assessment
    about = verdict or assessment
    baseline = verdict.baseline_fingerprint if verdict else None
    parts = (
        ("suite", verdict.suite if verdict else None),
        ("agent", about.agent if about else None),
        ("model", about.model if about else None),
        ("manifest", figures.fingerprint(about.fingerprint) if about and about.fingerprint else None),
        ("baseline", figures.fingerprint(baseline) if baseline else None),
        ("runs", _runs(results)),
        ("seed", str(verdict.seed) if verdict else None),
        ("probes", _probes(assessment) if assessment else None),
    )
    return [(name, markdown.code(value)) for name, value in parts if value]


def _runs(results: Results) -> str | None:
    if results.samples is None:
        return None
    return f"{len(results.samples.samples):,} of {figures.count(len(results.samples.cases), 'case')}"


def _probes(assessment: Assessment) -> str:
    return f"{len(assessment.probes):,}" + (
        f", pack {figures.fingerprint(assessment.pack)}" if assessment.pack else ""
    )


# --- in full -----------------------------------------------------------------------------------------


def _failing(results: Results, verdict: Verdict) -> list[tuple[CaseResult, CaseComparison]]:
    """Cases with a failed run: broken ones first, then those to watch, then the rest in their order."""
    rows = {row.case_id: row for row in verdict.cases}
    cases = results.samples.cases if results.samples else ()
    found = [
        (case, rows.get(case.case_id, CaseComparison(case.case_id, CaseStatus.ADDED)))
        for case in cases
        if first_failure(case.samples) is not None
    ]
    return sorted(found, key=lambda pair: (not pair[1].broken, not pair[1].watch))


def _detail_of_case(case: CaseResult, row: CaseComparison) -> DetailBlock:
    failed = first_failure(case.samples)
    before, after = figures.out_of(row.baseline_passed, row.baseline_runs), figures.out_of(*score(case))
    word = "Broken" if row.broken else "Watch" if row.watch else "Failing"
    name = markdown.code(case.case_id, 80)
    return DetailBlock(
        title=Markup("{}: {} {}").format(word, name, f"{before} → {after}" if row.baseline_runs else after),
        lines=_why(failed),
        blocks=(("Asked", markdown.block(case.input_text, 600)), *_answer(failed)),
    )


def _why(failed: Sample | None) -> tuple[Markup, ...]:
    if failed is None:
        return ()
    return (Markup("Run {} failed: {}").format(failed.sample_index + 1, markdown.code(reason(failed), 300)),)


def _answer(failed: Sample | None) -> tuple[tuple[str, Markup], ...]:
    return (("Answered", markdown.block(failed.output, 1_200)),) if failed and failed.output else ()


def _detail_of_finding(finding: Finding) -> DetailBlock:
    words = "suppressed" if finding.suppressed else "blocks" if finding.blocking else "does not block"
    transcript = "\n".join(f"{line.role}: {line.text}" for line in finding.transcript[:12])
    lines = (
        Markup("{} · {} · {}").format(
            _SEVERITIES[finding.severity],
            words,
            markdown.code(f"{finding.location.file}:{finding.location.line}", 200),
        ),
        markdown.prose(spans(finding.message)),
        Markup("**Fix:** {}").format(markdown.prose(spans(finding.fix))),
        *(
            (Markup("**See it again:** {}").format(markdown.code(finding.reproduce, 300)),)
            if finding.reproduce
            else ()
        ),
    )
    return DetailBlock(
        title=Markup("{} {}").format(
            markdown.prose(spans(finding.title), 150), markdown.code(finding.rule_id, 80)
        ),
        lines=lines,
        blocks=(("What happened", markdown.block(transcript, 1_500)),) if transcript else (),
    )
