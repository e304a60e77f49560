"""The words of a verdict. Numbers come from the Verdict; a p-value never enters a headline.

Undecided is never called "no drift", and simulated results say so. Case ids and suite names are hostile text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent_runtime.records import RECORDED
from evals.formatting.names import NAMED, inert, listed
from evals.results.verdict import Breakdown, CaseComparison, Comparison, MetricVerdict, Verdict, VerdictKind

_METRICS = ("success_rate", "p95_latency_ms", "usd_per_success")
_NAMES = {"p95_latency_ms": "p95 latency", "usd_per_success": "cost per successful task"}


def headline(verdict: Verdict) -> str:
    """One paragraph: the verdict in bold, the numbers behind it, and the broken cases by name.

    Reads `verdict.reasons`, so these come first.
    """
    sentences = [_opening(verdict), *_named_cases(verdict), *_closing(verdict)]
    return f"{label(verdict)} — {' '.join(sentences)}"


def label(verdict: Verdict) -> str:
    """**DRIFT** (simulated): what a headline begins with."""
    simulated = f" ({_source(verdict)})" if verdict.simulated else ""
    return f"**{verdict.verdict.value.replace('_', ' ').upper()}**{simulated}"


def _source(verdict: Verdict) -> str:
    return "recorded" if (verdict.model or "").startswith(RECORDED) else "simulated"


def reasons(
    verdict: Verdict, distrust: Sequence[str], floors: Sequence[str], alone: str | None
) -> Iterator[str]:
    """Why, most important first: what decided, the broken cases, and the floors that do not hold."""
    kind, success, facts = verdict.verdict, verdict.metrics["success_rate"], verdict.facts
    if kind is VerdictKind.NOT_MEASURED:
        yield from (*distrust, *floors)
        return
    if kind is VerdictKind.BELOW_FLOOR:
        yield from floors
    if kind is VerdictKind.DRIFT:
        yield from _drifts(verdict)
    elif alone is not None:
        yield no_baseline(verdict, alone)
    elif success.verdict is MetricVerdict.PASS:
        yield waiting(facts) if kind is VerdictKind.UNDECIDED else margin_ruled_out(verdict.margin)
    else:
        yield one_run_each(facts) if success.ci_low is None else undecided(facts)
    yield from _named_cases(verdict)
    if kind is VerdictKind.DRIFT:
        yield from floors
    if "look" in facts:
        yield looked(facts)


def _drifts(verdict: Verdict) -> Iterator[str]:
    success, p95, usd = (verdict.metrics[name] for name in _METRICS)
    if success.verdict is MetricVerdict.DRIFT:
        yield success_drift(success, len(verdict.shared_cases))
    if p95.verdict is MetricVerdict.DRIFT:
        yield p95_drift(p95)
    if usd.verdict is MetricVerdict.DRIFT:
        yield usd_drift(usd, verdict.facts)


def _opening(verdict: Verdict) -> str:
    kind = verdict.verdict
    if kind in {VerdictKind.PASS, VerdictKind.UNDECIDED}:
        return f"{brief_success(verdict.metrics['success_rate'])}."
    first = verdict.reasons[0]
    return first[:1].lower() + first[1:]


def _closing(verdict: Verdict) -> Sequence[str]:
    """What the reader should know after the numbers."""
    kind = verdict.verdict
    if kind is VerdictKind.NOT_MEASURED:
        return ["This result is not trustworthy: it is no pass and no drift."]
    why = verdict.reasons[:1] if kind in {VerdictKind.PASS, VerdictKind.UNDECIDED} else ()
    return [*why, *([looked(verdict.facts)] if verdict.facts.get("stopped_early") else [])]


def _named_cases(verdict: Verdict) -> list[str]:
    broken = [case for case in verdict.cases if case.broken]
    if not broken or verdict.verdict is VerdictKind.NOT_MEASURED:
        return []
    return [broken_cases(broken)]


# --- sentences about metrics ------------------------------------------------------------------------------


def success_drift(success: Comparison, shared: int) -> str:
    """Success fell, with the whole interval."""
    where = f"on the {shared} shared cases" if shared != 1 else "on the one shared case"
    return f"Success fell {_fall(success, where)}."


def _fall(success: Comparison, where: str = "") -> str:
    """93 % → 83 % (−10 points, 90 % interval −16 … −4)"""
    before, after, change, low, high = _success_figures(success)
    spread = f", 90 % interval {low} … {high}" if low else ""
    return " ".join(part for part in (f"{before} → {after}", where, f"({change} points{spread})") if part)


def brief_success(success: Comparison) -> str:
    """93 % → 83 % (−10, −16 … −4)"""
    before, after, change, low, high = _success_figures(success)
    spread = f", {low} … {high}" if low else ""
    return f"{before} → {after} ({change}{spread})"


def margin_ruled_out(margin: float) -> str:
    """What a pass promises."""
    return f"A drop of {_number(margin * 100)} points or more is ruled out."


def undecided(facts: Mapping[str, Any]) -> str:
    """What this many runs can see, and how many more would decide."""
    return f"With {design(facts)} {_visible(facts)}; {_more_runs(facts)}."


def one_run_each(facts: Mapping[str, Any]) -> str:
    """Why one run per case is not enough."""
    return (
        "With one run per case in an arm only a sign test is possible: it can find drift, never a pass; "
        f"with {design(facts)} {_visible(facts)}."
    )


def _visible(facts: Mapping[str, Any]) -> str:
    points = math.ceil(facts["minimum_detectable_drop"] * 100)
    if points >= 100:
        return "no drop can be told from chance"
    return f"only drops above {_number(points)} points are visible"


def design(facts: Mapping[str, Any]) -> str:
    """5 × 5 runs"""
    cases = facts["compared_cases"]
    before, after = (_range(facts[f"runs_per_case_{arm}"]) for arm in ("baseline", "candidate"))
    against = f" against {cases} × {before}" if before != after else ""
    return f"{cases} × {after} runs{against}"


def _more_runs(facts: Mapping[str, Any]) -> str:
    runs = facts["runs_to_settle"]
    if runs is None:
        return "no affordable number of runs would settle it, more cases might"
    where = " in both arms" if facts["runs_to_settle_in"] == "both" else ""
    return f"{runs} more run{'s' if runs != 1 else ''} per case{where} would settle it"


def p95_drift(p95: Comparison) -> str:
    """p95 latency rose."""
    return f"p95 latency rose {_ms(p95.baseline)} → {_ms(p95.candidate)} ({_ratio_figures(p95)})."


def usd_drift(usd: Comparison, facts: Mapping[str, Any]) -> str:
    """$ per successful task rose, and what a run costs, so that a reader sees why."""
    per_run = f"{_usd(facts['usd_per_run_baseline'])} → {_usd(facts['usd_per_run_candidate'])}"
    return (
        f"Cost per successful task rose {_usd(usd.baseline)} → {_usd(usd.candidate)} "
        f"({_ratio_figures(usd)}); cost per run: {per_run}."
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


def looked(facts: Mapping[str, Any]) -> str:
    """Where the looking stopped and what that saved, or where it goes on."""
    number = len(facts["looks"])
    if facts["stopped_early"]:
        return (
            f"Stopped at look {number}, with {facts['look']} of {facts['planned_runs']} planned runs per case: "
            f"{_saved(facts)} saved."
        )
    ended = f"Look {number}, with {_count(facts['look'], 'run')} per case"
    following = facts["next_look"]
    return f"{ended}, was the last." if following is None else f"{ended}; the next look is at {following}."


def _saved(facts: Mapping[str, Any]) -> str:
    runs = _count(facts["runs_saved"], "run")
    return f"{runs} and about {_usd(facts['usd_saved'])}" if facts["usd_saved"] else runs


def waiting(facts: Mapping[str, Any]) -> str:
    """Success would pass, but something else rose."""
    rose = " and ".join(_NAMES[name] for name in facts["waits_for"])
    return f"Success holds, but {rose} rose: the last look judges that."


def past_horizon(runs: int, horizon: int) -> str:
    """Evidence that decides nothing."""
    return (
        f"{_count(runs, 'run')} past the horizon of {horizon} runs per case decide nothing: "
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
    return f"Success is {_percent(rate)}, below the floor of {_percent(floor)}."


def must_pass_failed(failed: Sequence[tuple[str, int, int]]) -> str:
    """Cases that must always pass and did not: (id, failures, runs) of each."""
    named = [
        f"{inert(name)} must pass and failed {failures} of {runs} runs"
        for name, failures, runs in failed[:NAMED]
    ]
    more = len(failed) - len(named)
    return f"{', '.join(named)}{f', and {more} more that must pass failed' if more else ''}."


def too_many_unmeasured(arm: str, unmeasured: int, started: int) -> str:
    """Outages (or broken graders) ate too much of an arm."""
    return f"{unmeasured} of {started} {arm} runs measured nothing (infrastructure or grader errors)."


def cases_unmeasured(arm: str, case_ids: Sequence[str]) -> str:
    """Outages ate most of some cases."""
    return f"More than half of the {arm} runs of {listed(case_ids)} measured nothing."


def runs_missing(there: int, expected: int) -> str:
    """A shard is missing, or the budget ran out."""
    return f"Only {there} of {expected} expected runs are there."


def cases_missing(missing: int, expected: int) -> str:
    """The candidate leaves out too much of the baseline."""
    return f"{missing} of the baseline's {expected} cases are missing from the candidate."


def nothing_measured() -> str:
    """An empty candidate."""
    return "No run of the candidate measured anything."


def no_baseline(verdict: Verdict, why: str) -> str:
    """The candidate alone."""
    rate = verdict.metrics["success_rate"].candidate or 0.0
    cases = sum(case.candidate_runs > 0 for case in verdict.cases)
    runs = _count(verdict.facts["runs_candidate"], "run")
    return f"Success is {_percent(rate)} in {runs} of {_count(cases, 'case')}. {why}"


# --- warnings ---------------------------------------------------------------------------------------------


def small_suite(facts: Mapping[str, Any]) -> str:
    """The banner of a small suite."""
    drop = math.ceil(facts["minimum_detectable_drop"] * 100)
    return (
        f"Small suite: {design(facts)}. Only a drop of {drop} points or more would be found "
        "with 80 % certainty."
    )


def no_failures(runs: int, could_be: float) -> str:
    """The rule of three."""
    return f"0 failures in {runs} compared runs: the true failure rate could still be {_percent(could_be)}."


def cached_runs(arm: str, collapsed: int, cases: int) -> str:
    """Repeats of a cache were left out."""
    return (
        f"{_count(collapsed, f'{arm} run')} of {_count(cases, 'case')} look as if a cache had answered (marked "
        "as cached, a repeated response id, or the answer of a slower run in a tenth of the time) and are left out. "
        "If there is a cache, switch it off to measure the agent."
    )


def same_outputs(arm: str, same: int, cases: int) -> str:
    """Suspicious, but honest agents answer short JSON identically."""
    return (
        f"{same} of {cases} {arm} cases gave the same output in every run. If a cache answered, "
        "these runs are not independent and the interval is too narrow."
    )


def borderline(p: float, drift: bool) -> str:
    """The exact test and the interval disagree near the line."""
    says = "finds drift" if drift else "does not find drift"
    return f"Borderline: the interval {says}, the exact permutation test gives p = {p:.3f}. More runs would tell."


def nothing_to_lose() -> str:
    """A suite that nobody passes cannot show a fall."""
    return "No run of the baseline passed, so no fall could be seen: a pass here means little."


def tags_not_compared(tags: Sequence[str]) -> str:
    """A gate without anything to judge."""
    return f"No case of these tags could be compared, so they gate nothing: {listed(tags)}."


def other_suite(baseline: str, candidate: str) -> str:
    """The baseline may be the wrong file."""
    return f"The baseline is of suite {inert(baseline)}, the candidate of {inert(candidate)}."


def absurd_number(arm: str, name: str) -> str:
    """A negative or impossible measurement."""
    return f"A {name} of the {arm} is negative or impossibly large, so {name} is not compared."


def grader_errors(arm: str, errors: int) -> str:
    """Runs without a judgement."""
    return f"{_count(errors, f'{arm} run')} left out: the grader broke, which is no failure of the agent."


def cases_changed(case_ids: Sequence[str]) -> str:
    """Edited cases are other cases."""
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


def _success_figures(success: Comparison) -> tuple[str, str, str, str, str]:
    """Rates, change and interval; with a decimal where whole points would read as no change at all."""
    change, ends = success.change or 0.0, (success.ci_low, success.ci_high)
    hidden = any(value and round(value * 100) == 0 for value in (change, *ends))
    decimals = 1 if hidden else 0
    low, high = ("" if end is None else _points(end, decimals) for end in ends)
    before, after = (
        f"{(rate or 0.0) * 100:.{decimals}f} %" for rate in (success.baseline, success.candidate)
    )
    return before, after, _points(change, decimals), low, high


def _points(change: float, decimals: int) -> str:
    points = round(change * 100, decimals)
    sign = "−" if points < 0 else "+" if points > 0 else ""
    return f"{sign}{abs(points):.{decimals}f}"


def _percent(rate: float) -> str:
    return f"{_number(round(rate * 100, 1))} %"


def _number(value: float) -> str:
    return f"{round(value, 6):g}"


def _ratio_figures(comparison: Comparison) -> str:
    spread = f", 90 % interval {_times(comparison.ci_low)} … {_times(comparison.ci_high)}"
    return f"{_times(comparison.change)}{spread}"


def _times(ratio: float | None) -> str:
    return "∞" if ratio is None else f"×{ratio:.2f}"


def _ms(value: float | None) -> str:
    return "?" if value is None else f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"


def _usd(value: float | None) -> str:
    """Dollars with two figures that matter: $12.50, $0.012, $0.00034."""
    if value is None:
        return "?"
    decimals = 2 if value >= 1 or value == 0 else min(9, 1 - math.floor(math.log10(value)))
    return f"${value:,.{max(2, decimals)}f}"


def _range(least_and_most: Sequence[int]) -> str:
    least, most = least_and_most
    return str(least) if least == most else f"{least}–{most}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
