"""The words of a verdict. Numbers come from the Decision; a p-value never enters a headline.

Undecided is never called "no drift", and simulated results say so. Case ids and suite names are hostile text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from evals.formatting import figures
from evals.formatting.names import NAMED, inert, listed
from evals.gate.decision import P95, SUCCESS, USD, Decision, Numbers
from evals.results.facts import ComparisonFacts, Facts, LookFacts
from evals.results.verdict import Breakdown, CaseComparison, Comparison, MetricVerdict, VerdictKind

_NAMES = {P95: "p95 latency", USD: "cost per successful task"}


def headline(decision: Decision, reasons: Sequence[str]) -> str:
    """One paragraph: the verdict in bold, the numbers behind it, and the broken cases by name."""
    sentences = [_opening(decision, reasons), *_named_cases(decision), *_closing(decision, reasons)]
    return f"{label(decision.kind, decision.source)} — {' '.join(sentences)}"


def label(kind: VerdictKind, source: str = "") -> str:
    """**DRIFT** (simulated): what a headline begins with."""
    return f"**{kind.value.replace('_', ' ').upper()}**{f' ({source})' if source else ''}"


def reasons(decision: Decision) -> Iterator[str]:
    """Why, most important first: what decided, the broken cases, and the floors that do not hold."""
    kind, objections = decision.kind, decision.objections
    if kind is VerdictKind.NOT_MEASURED:
        yield from (*objections.distrust, *objections.floors)
        return
    if kind is VerdictKind.BELOW_FLOOR:
        yield from objections.floors
    if kind is VerdictKind.DRIFT:
        yield from _drifts(decision.numbers)
    else:
        yield _reason_without_drift(decision)
    yield from _named_cases(decision)
    if kind is VerdictKind.DRIFT:
        yield from objections.floors
    if decision.numbers.facts.look is not None:
        yield look_outcome(decision.numbers.facts.look)


def _reason_without_drift(decision: Decision) -> str:
    numbers, comparison = decision.numbers, decision.numbers.facts.comparison
    success, alone = numbers.metrics[SUCCESS], decision.objections.alone
    if alone is not None or comparison is None:
        return no_baseline(numbers, alone or "")
    if success.verdict is MetricVerdict.PASS:
        waits = decision.kind is VerdictKind.UNDECIDED
        return waiting(comparison.waits_for) if waits else margin_ruled_out(decision.margin)
    words = one_run_each if success.ci_low is None else undecided
    return words(design_of(numbers.facts), comparison)


def _drifts(numbers: Numbers) -> Iterator[str]:
    success, p95, usd = (numbers.metrics[name] for name in (SUCCESS, P95, USD))
    if success.verdict is MetricVerdict.DRIFT:
        yield success_drift(success, numbers.shared)
    if p95.verdict is MetricVerdict.DRIFT:
        yield p95_drift(p95)
    if usd.verdict is MetricVerdict.DRIFT:
        facts = numbers.facts
        yield usd_drift(usd, facts.baseline.usd_per_run, facts.candidate.usd_per_run)


def _opening(decision: Decision, reasons: Sequence[str]) -> str:
    if decision.kind in {VerdictKind.PASS, VerdictKind.UNDECIDED}:
        return f"{brief_success(decision.numbers.metrics[SUCCESS])}."
    return reasons[0][:1].lower() + reasons[0][1:]


def _closing(decision: Decision, reasons: Sequence[str]) -> Sequence[str]:
    """What the reader should know after the numbers."""
    if decision.kind is VerdictKind.NOT_MEASURED:
        return ["This result is not trustworthy: it is no pass and no drift."]
    why = reasons[:1] if decision.kind in {VerdictKind.PASS, VerdictKind.UNDECIDED} else ()
    look = decision.numbers.facts.look
    return [*why, *([look_outcome(look)] if look is not None and look.stopped_early else [])]


def _named_cases(decision: Decision) -> list[str]:
    broken = decision.numbers.broken
    if not broken or decision.kind is VerdictKind.NOT_MEASURED:
        return []
    return [broken_cases(broken)]


# --- sentences about metrics ------------------------------------------------------------------------------


def success_drift(success: Comparison, shared: int) -> str:
    """Success fell, with the whole interval."""
    where = f"on the {shared} shared cases" if shared != 1 else "on the one shared case"
    return f"Success fell {_fall(success, where)}."


def _fall(success: Comparison, where: str = "") -> str:
    """93 % → 83 % (−10 points, 90 % interval −16 … −4)"""
    moved = _figures_of(success)
    spread = f", 90 % interval {moved.low} … {moved.high}" if success.ci_low is not None else ""
    rates = f"{moved.baseline} → {moved.candidate}"
    return " ".join(part for part in (rates, where, f"({moved.change} points{spread})") if part)


def brief_success(success: Comparison) -> str:
    """93 % → 83 % (−10, −16 … −4)"""
    moved = _figures_of(success)
    spread = f", {moved.low} … {moved.high}" if success.ci_low is not None else ""
    return f"{moved.baseline} → {moved.candidate} ({moved.change}{spread})"


def margin_ruled_out(margin: float) -> str:
    """What a pass promises."""
    return f"A drop of {figures.exact(margin * 100)} points or more is ruled out."


def undecided(design: str, comparison: ComparisonFacts) -> str:
    """What this many runs can see, and how many more would decide."""
    return f"With {design} {_visible(comparison)}; {_more_runs(comparison)}."


def one_run_each(design: str, comparison: ComparisonFacts) -> str:
    """Why one run per case is not enough."""
    return (
        "With one run per case in an arm only a sign test is possible: it can find drift, never a pass; "
        f"with {design} {_visible(comparison)}."
    )


def _visible(comparison: ComparisonFacts) -> str:
    points = math.ceil(comparison.minimum_detectable_drop * 100)
    if points >= 100:
        return "no drop can be told from chance"
    return f"only drops above {figures.exact(points)} points are visible"


def design_of(facts: Facts) -> str:
    """5 × 5 runs"""
    cases = facts.comparison.compared_cases if facts.comparison is not None else 0
    rates = (facts.baseline.rates, facts.candidate.rates)
    before, after = (arm.runs_per_case if arm is not None else (0, 0) for arm in rates)
    return design(cases, before, after)


def design(cases: int, baseline: tuple[int, int], candidate: tuple[int, int]) -> str:
    """30 × 9–10 runs against 30 × 30: compared cases, and the fewest and the most runs per case of each arm."""
    before, after = _range(baseline), _range(candidate)
    against = f" against {cases} × {before}" if before != after else ""
    return f"{cases} × {after} runs{against}"


def _more_runs(comparison: ComparisonFacts) -> str:
    runs = comparison.runs_to_settle
    if runs is None:
        return "no affordable number of runs would settle it, more cases might"
    where = " in both arms" if comparison.runs_to_settle_in == "both" else ""
    return f"{runs} more run{'s' if runs != 1 else ''} per case{where} would settle it"


def p95_drift(p95: Comparison) -> str:
    """p95 latency rose."""
    return f"p95 latency rose {_ms(p95.baseline)} → {_ms(p95.candidate)} ({_ratio_figures(p95)})."


def usd_drift(usd: Comparison, baseline_run: float | None, candidate_run: float | None) -> str:
    """$ per successful task rose, and what a run of each arm costs, so that a reader sees why."""
    return (
        f"Cost per successful task rose {figures.usd(usd.baseline)} → {figures.usd(usd.candidate)} "
        f"({_ratio_figures(usd)}); cost per run: {figures.usd(baseline_run)} → {figures.usd(candidate_run)}."
    )


def broken_cases(cases: Sequence[CaseComparison]) -> str:
    """`case_005` went 10/10 → 0/10."""
    named = [
        f"{inert(case.case_id)} went {case.baseline_passed}/{case.baseline_runs} → "
        f"{case.candidate_passed}/{case.candidate_runs}"
        for case in cases[:NAMED]
    ]
    more = len(cases) - len(named)
    return f"{', '.join(named)}{f', and {more} more broke' if more else ''}."


# --- sentences about looks ---------------------------------------------------------------------------------


def look_outcome(look: LookFacts) -> str:
    """Where the looking stopped and what that saved, or where it goes on."""
    number = len(look.looks)
    if look.stopped_early:
        return (
            f"Stopped at look {number}, with {look.look} of {look.planned_runs} planned runs per case: "
            f"{_saved(look)} saved."
        )
    ended = f"Look {number}, with {figures.count(look.look, 'run')} per case"
    following = look.next_look
    return f"{ended}, was the last." if following is None else f"{ended}; the next look is at {following}."


def _saved(look: LookFacts) -> str:
    runs = figures.count(look.runs_saved, "run")
    return f"{runs} and about {figures.usd(look.usd_saved)}" if look.usd_saved else runs


def waiting(waits_for: Sequence[str]) -> str:
    """Success would pass, but something else rose."""
    rose = " and ".join(_NAMES[name] for name in waits_for)
    return f"Success holds, but {rose} rose: the last look judges that."


def past_horizon(runs: int, horizon: int) -> str:
    """That runs past the horizon decide nothing."""
    return (
        f"{figures.count(runs, 'run')} past the horizon of {horizon} runs per case decide nothing: "
        "all error that the looks may make is spent by then."
    )


def tag_drift(row: Breakdown) -> str:
    """A tag that gates fell."""
    figures = Comparison(
        MetricVerdict.DRIFT, row.baseline, row.candidate, row.change, row.ci_low, row.ci_high
    )
    where = "one case" if row.cases == 1 else f"{row.cases} cases"
    return f"Success of the {where} tagged {inert(row.name)} fell {_fall(figures)}."


# --- sentences about floors, trust and comparability ------------------------------------------------------


def below_min_success(rate: float, floor: float) -> str:
    """The suite is under its floor."""
    success, least = map(figures.plain, figures.percents(rate, floor))
    return f"Success is {success}, below the floor of {least}."


def must_pass_failed(failed: Sequence[tuple[str, int, int]]) -> str:
    """Cases that must always pass and did not: (id, failures, runs) of each."""
    named = [
        f"{inert(name)} must pass and failed {failures} of {runs} runs"
        for name, failures, runs in failed[:NAMED]
    ]
    more = len(failed) - len(named)
    return f"{', '.join(named)}{f', and {more} more that must pass failed' if more else ''}."


def too_many_unmeasured(arm: str, unmeasured: int, started: int) -> str:
    """That outages or broken graders took too many runs of an arm."""
    return f"{unmeasured} of {started} {arm} runs measured nothing (infrastructure or grader errors)."


def cases_unmeasured(arm: str, case_ids: Sequence[str]) -> str:
    """That they took more than half of the runs of some cases."""
    return f"More than half of the {arm} runs of {listed(case_ids)} measured nothing."


def runs_missing(there: int, expected: int) -> str:
    """That runs are missing: a shard is, or the budget ran out."""
    return f"Only {there} of {expected} expected runs are there."


def cases_missing(missing: int, expected: int) -> str:
    """That the candidate leaves out too many cases of the baseline."""
    return f"{missing} of the baseline's {expected} cases are missing from the candidate."


def nothing_measured() -> str:
    """That no run of the candidate measured anything."""
    return "No run of the candidate measured anything."


def no_baseline(numbers: Numbers, why: str) -> str:
    """The candidate's own success, where nothing can be compared."""
    rate = numbers.metrics[SUCCESS].candidate or 0.0
    cases = sum(case.candidate_runs > 0 for case in numbers.cases)
    totals = numbers.facts.candidate.totals
    runs = figures.count(totals.runs if totals is not None else 0, "run")
    return f"Success is {_percent(rate)} in {runs} of {figures.count(cases, 'case')}. {why}"


# --- warnings ---------------------------------------------------------------------------------------------


def small_suite(design: str, detectable: float) -> str:
    """The banner of a small suite; `detectable` is the minimum detectable drop, 0..1."""
    # Rounded up: what is promised to be found must be found.
    drop = math.ceil(detectable * 100)
    return f"Small suite: {design}. Only a drop of {drop} points or more would be found with 80 % certainty."


def no_failures(runs: int, could_be: float) -> str:
    """The rule of three, rounded up: what could be is never made smaller."""
    worst = math.ceil(could_be * 100) / 100
    return f"0 failures in {runs} compared runs: the true failure rate could still be {_percent(worst)}."


def cached_runs(arm: str, collapsed: int, cases: int) -> str:
    """Repeats of a cache were left out."""
    return (
        f"{figures.count(collapsed, f'{arm} run')} of {figures.count(cases, 'case')} look as if a cache had answered "
        "(marked as cached, a repeated response id, or the answer of a slower run in a tenth of the time) and are left "
        "out. "
        "If there is a cache, switch it off to measure the agent."
    )


def same_outputs(arm: str, same: int, cases: int) -> str:
    """That many cases gave the same output every time. Honest agents do so too, with short JSON."""
    return (
        f"{same} of {cases} {arm} cases gave the same output in every run. If a cache answered, "
        "these runs are not independent and the interval is too narrow."
    )


def borderline(p: float, drift: bool) -> str:
    """The exact test and the interval disagree near the line."""
    says = "finds drift" if drift else "does not find drift"
    return f"Borderline: the interval {says}, the exact permutation test gives p = {p:.3f}. More runs would tell."


def nothing_to_lose() -> str:
    """That the baseline passed no run, so that no fall could be seen."""
    return "No run of the baseline passed, so no fall could be seen: a pass here means little."


def tags_not_compared(tags: Sequence[str]) -> str:
    """Tags that gate, and had no case that could be compared."""
    return f"No case of these tags could be compared, so they gate nothing: {listed(tags)}."


def other_suite(baseline: str, candidate: str) -> str:
    """That the results name two suites: the baseline may be the wrong file."""
    return f"The baseline is of suite {inert(baseline)}, the candidate of {inert(candidate)}."


def absurd_number(arm: str, name: str) -> str:
    """A negative or impossible measurement."""
    return f"A {name} of the {arm} is negative or impossibly large, so {name} is not compared."


def grader_errors(arm: str, errors: int) -> str:
    """Runs that a broken grader left without a grade."""
    return (
        f"{figures.count(errors, f'{arm} run')} left out: the grader broke, which is no failure of the agent."
    )


def cases_changed(case_ids: Sequence[str]) -> str:
    """Cases that were edited since the baseline: they count as other cases."""
    return f"Changed since the baseline, so not compared: {listed(case_ids)}."


def failing_uncompared(scores: Sequence[tuple[str, int, int]]) -> str:
    """New or edited cases that mostly fail: no comparison speaks of them. Scores are (id, passed, runs)."""
    named = ", ".join(f"{inert(name)} passed {passed} of {runs}" for name, passed, runs in scores[:NAMED])
    more = len(scores) - NAMED
    return f"Mostly failing, and compared with nothing: {named}{f', and {more} more' if more > 0 else ''}."


def cases_removed(case_ids: Sequence[str]) -> str:
    """In the baseline only."""
    return f"In the baseline only: {listed(case_ids)}."


# --- figures ----------------------------------------------------------------------------------------------


def _figures_of(success: Comparison) -> figures.Change:
    """The figures of a comparison of rates, for a sentence."""
    shown = figures.change_of(
        replace(success, baseline=success.baseline or 0.0, candidate=success.candidate or 0.0)
    )
    return replace(shown, baseline=figures.plain(shown.baseline), candidate=figures.plain(shown.candidate))


def _percent(rate: float) -> str:
    return figures.plain(figures.percent(rate))


def _ratio_figures(comparison: Comparison) -> str:
    spread = f", 90 % interval {_times(comparison.ci_low)} … {_times(comparison.ci_high)}"
    return f"{_times(comparison.change)}{spread}"


def _times(ratio: float | None) -> str:
    """A comparison holds None for what JSON cannot: an infinite ratio."""
    return figures.ratio(math.inf if ratio is None else ratio)


def _ms(value: float | None) -> str:
    return figures.plain(figures.milliseconds(value))


def _range(least_and_most: Sequence[int]) -> str:
    least, most = least_and_most
    return str(least) if least == most else f"{least}–{most}"
