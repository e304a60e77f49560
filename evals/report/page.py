"""report.html: Verdict, candidate and baseline -> one view model -> one self-contained file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_runtime.render import asset, render
from evals.formatting import figures
from evals.formatting.excerpts import one_line
from evals.formatting.prose import Span, new_reasons, spans, unbroken, without_title
from evals.report.cases import CaseList, case_list
from evals.report.parts.breakdowns import BreakdownTable, breakdown_tables
from evals.report.parts.charts import Distribution, IntervalPlot, distribution, interval_plot
from evals.report.parts.metrics import MetricRow, metric_rows
from evals.report.sections import Section
from evals.results.records import Sample, SuiteResult
from evals.results.verdict import Verdict

if TYPE_CHECKING:  # its charts need numpy, which a canary without a history does not load before it measures
    from evals.report.trend import TrendSection


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what it is, for the small print."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template prints; it computes nothing."""

    title: str
    tone: str
    suite: str
    simulated: bool
    compared: bool
    headline: tuple[Span, ...]
    reasons: tuple[tuple[Span, ...], ...]
    warnings: tuple[tuple[Span, ...], ...]
    facts: tuple[Fact, ...]
    plot: IntervalPlot | None
    metrics: tuple[MetricRow, ...]
    breakdowns: tuple[BreakdownTable, ...]
    distributions: tuple[Distribution, ...]
    listed: CaseList
    many: bool
    tallies: tuple[Fact, ...]
    tags: tuple[str, ...]
    removed: str
    history: tuple[TrendSection, ...]


def render_report(
    verdict: Verdict,
    candidate: SuiteResult,
    baseline: SuiteResult | None,
    history: tuple[TrendSection, ...] = (),
    sections: tuple[Section, ...] = (),
) -> str:
    """One HTML file that loads nothing and runs only the script whose hash it carries."""
    return render(
        "report/page.html.j2",
        page=page(verdict, candidate, baseline, history),
        sections=sections,
        style=asset("report/style.css"),
        script=asset("report/page.js"),
    )


def page(
    verdict: Verdict,
    candidate: SuiteResult,
    baseline: SuiteResult | None,
    history: tuple[TrendSection, ...] = (),
) -> Page:
    """The view model."""
    listed = case_list(verdict, candidate, baseline)
    return Page(
        title=verdict.verdict.heading,
        tone=verdict.verdict.tone,
        suite=one_line(verdict.suite or candidate.suite, 100),
        simulated=verdict.simulated or candidate.simulated,
        compared=baseline is not None,
        headline=unbroken(without_title(spans(verdict.headline))),
        reasons=tuple(unbroken(reason) for reason in new_reasons(verdict)),
        warnings=tuple(unbroken(spans(warning)) for warning in verdict.warnings),
        facts=_facts(verdict, candidate, baseline),
        plot=interval_plot(verdict.metrics.get("success_rate"), verdict.margin),
        metrics=metric_rows(verdict),
        breakdowns=breakdown_tables(verdict.breakdowns),
        distributions=_distributions(candidate, baseline),
        listed=listed,
        many=len(listed.cases) > 100,  # then the browser lays out only what is on the screen
        tallies=_tallies(listed),
        tags=tuple(sorted({tag for case in listed.cases for tag in case.tags})),
        removed=_names(verdict.removed_cases),
        history=history,
    )


def _facts(verdict: Verdict, candidate: SuiteResult, baseline: SuiteResult | None) -> tuple[Fact, ...]:
    runs = [figures.count(len(candidate.cases), "case"), figures.count(len(candidate.samples), "run")]
    facts = (
        ("Agent", verdict.agent or candidate.agent),
        ("Model", verdict.model or candidate.model),
        (
            "Candidate",
            _origin(verdict.fingerprint or candidate.fingerprint, verdict.commit or candidate.commit),
        ),
        (
            "Baseline",
            _origin(_baseline_fingerprint(verdict, baseline), baseline.commit if baseline else None),
        ),
        ("Measured", ", ".join(runs)),
        ("Compared", _scope(verdict) if baseline else None),
        ("Seed", str(verdict.seed)),
    )
    return tuple(Fact(name, one_line(value, 120)) for name, value in facts if value)


def _baseline_fingerprint(verdict: Verdict, baseline: SuiteResult | None) -> str | None:
    return verdict.baseline_fingerprint or (baseline.fingerprint if baseline else None)


def _origin(fingerprint: str | None, commit: str | None) -> str:
    parts = (
        f"commit {commit[:12]}" if commit else "",
        figures.fingerprint(fingerprint) if fingerprint else "",
    )
    return " · ".join(part for part in parts if part)


def _scope(verdict: Verdict) -> str:
    counts = (
        (len(verdict.shared_cases), "shared"),
        (len(verdict.added_cases), "added"),
        (len(verdict.removed_cases), "removed"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in counts if number)


def _names(names: tuple[str, ...], most: int = 20) -> str:
    shown = ", ".join(one_line(name, 80) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def _tallies(listed: CaseList) -> tuple[Fact, ...]:
    """The choices of the filter with how many cases each shows."""
    choices = ("failing", "broken", "changed")
    counts = [(name, sum(name in case.filters for case in listed.cases)) for name in choices]
    return tuple(Fact(name, f"{number:,}") for name, number in (("all", len(listed.cases)), *counts))


def _distributions(candidate: SuiteResult, baseline: SuiteResult | None) -> tuple[Distribution, ...]:
    new, old = candidate.samples, baseline.samples if baseline else ()
    drawn = (
        distribution("Latency per run", _latencies(old), _latencies(new), figures.milliseconds),
        distribution("Cost per run", _costs(old), _costs(new), figures.usd),
    )
    return tuple(chart for chart in drawn if chart)


def _latencies(samples: tuple[Sample, ...]) -> list[float]:
    return [run.latency_ms for run in samples if run.latency_ms is not None and run.passed is not None]


def _costs(samples: tuple[Sample, ...]) -> list[float]:
    return [run.cost_usd for run in samples if run.cost_usd is not None and run.passed is not None]
