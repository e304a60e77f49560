"""How often the gate is wrong, and how often it is right: measured on suites whose truth is known.

    python benchmarks/gate_calibration.py [--quick] [--json] [--pictures FOLDER] [--seed S]

Every suite draws its cases' success rates from one of six Beta distributions (four are fits to real per-task
outcomes of HotpotQA and tau-bench agents), runs both arms, and asks the gate's own functions for a verdict. The
same suites go to three usual methods, so that a reader sees what the choice of method buys:

    pooled   all runs of an arm in one pot, percentile bootstrap, two-sided 95 %
    cluster  bootstrap over cases, 90 %
    t-test   paired over cases, one-sided 5 %

Suites are also looked at while they run, against a baseline of 30 runs per case. "Saved" is the share of the
planned 10 runs per case that was not needed; "peeking" is the gate's 5 % test made anew at every look.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core, before numpy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import math
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from agent_runtime.statistics.boundaries import level_at
from agent_runtime.statistics.looks import DEFAULT_LOOKS, HORIZON, PLANNED
from agent_runtime.statistics.stats import RESAMPLES, Counts, Floats, Runs
from benchmarks.gate_pictures import draw_pictures
from evals.gate.comparison import Matched, compare_ratios, compare_success, compare_success_at
from evals.gate.gate import decide
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult
from evals.results.verdict import Comparison, MetricVerdict, verdict_document
from evals.suite.suite_file import GateSettings

SUITES = ((0.23, 0.05), (0.38, 0.12), (0.15, 0.05), (0.64, 0.86), (8.0, 2.0), (19.0, 1.0))
"""Beta parameters of the success rates of a suite's cases."""
MARGIN = 0.10
FULL, QUICK = 4000, 300
FULL_FAMILY, QUICK_FAMILY = 1000, 120


@dataclass(frozen=True, slots=True)
class Design:
    """Cases × runs, in both arms unless the baseline has more."""

    cases: int
    runs: int
    baseline_runs: int = 0

    def __str__(self) -> str:
        against = f" vs {self.baseline_runs}" if self.baseline_runs else ""
        return f"{self.cases}×{self.runs}{against}"

    @property
    def before(self) -> int:
        """Runs per case of the baseline."""
        return self.baseline_runs or self.runs


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `low`, `high`: 95 % interval of `value`, None where it is no proportion.

    Attributes:
        must: (least, most) or None where nothing is promised.
        others: the same figure of the usual methods.
    """

    goal: str
    what: str
    value: float
    low: float | None
    high: float | None
    must: tuple[float, float] | None
    others: dict[str, float]

    def holds(self, *, quick: bool = False) -> bool | None:
        """Whether the promise is kept; None if there is none. A quick run doubts only what it can exclude."""
        if self.must is None:
            return None
        low, high = (self.low, self.high) if quick else (None, None)
        highest = self.value if high is None else high
        lowest = self.value if low is None else low
        return highest >= self.must[0] - 1e-9 and lowest <= self.must[1] + 1e-9


@dataclass(frozen=True, slots=True)
class Tally:
    """What happened on many suites of one design: one entry per suite."""

    drifts: dict[str, list[bool]]
    covered: list[bool]

    def share(self, method: str) -> float:
        """How often `method` called drift."""
        return float(np.mean(self.drifts[method]))


Truth = Callable[[Floats, np.random.Generator], Floats]
"""From the baseline's rates to the candidate's."""

D10, D30, D10X30, D50 = Design(10, 10), Design(30, 10), Design(10, 30), Design(50, 5)
DEFAULT = Design(30, 10, baseline_runs=30)
SMALL = (Design(1, 10), Design(1, 30), Design(2, 10), Design(5, 5), Design(10, 3), Design(30, 2))


# --- the truth --------------------------------------------------------------------------------------------


def unchanged(rates: Floats, rng: np.random.Generator) -> Floats:
    """No change."""
    return rates


def spread(drop: float) -> Truth:
    """Every case falls in proportion, so that the mean falls by `drop` (or to zero)."""

    def lower(rates: Floats, rng: np.random.Generator) -> Floats:
        return rates * max(0.0, 1 - drop / float(rates.mean()))

    return lower


def few(drop: float) -> Truth:
    """Cases break one after another, in random order, until the mean has fallen by `drop`."""

    def lower(rates: Floats, rng: np.random.Generator) -> Floats:
        lowered, left = rates.copy(), drop * len(rates)
        for case in rng.permutation(len(rates)):
            fall = min(left, lowered[case])
            lowered[case] -= fall
            left -= fall
        return np.clip(lowered, 0.0, 1.0)

    return lower


# --- the methods ------------------------------------------------------------------------------------------


def pooled(baseline: Counts, candidate: Counts, rng: np.random.Generator) -> bool:
    """The obvious gate."""
    arms = []
    for counts in (baseline, candidate):
        runs = int(counts.runs.sum())
        arms.append(rng.binomial(runs, counts.passed.sum() / runs, RESAMPLES) / runs)
    return bool(np.quantile(arms[1] - arms[0], 0.975) < 0)


def cluster(baseline: Counts, candidate: Counts, rng: np.random.Generator) -> bool:
    """Would it hold for other cases?"""
    falls = candidate.rates - baseline.rates
    means = falls[rng.integers(0, len(falls), (RESAMPLES, len(falls)))].mean(axis=1)
    return bool(np.quantile(means, 0.95) < 0)


def t_test(baseline: Counts, candidate: Counts, rng: np.random.Generator) -> bool:
    """The same question, by formula."""
    falls = candidate.rates - baseline.rates
    if len(falls) < 2:
        return False
    error = falls.std(ddof=1) / np.sqrt(len(falls))
    return bool(falls.mean() < 0 and falls.mean() + student.ppf(0.95, len(falls) - 1) * error < 0)


USUAL = {"pooled": pooled, "cluster": cluster, "t-test": t_test}


# --- simulation -------------------------------------------------------------------------------------------


def tally(design: Design, truth: Truth, suites: int, rng: np.random.Generator) -> Tally:
    """Let every method judge `suites` suites of one design."""
    drifts: dict[str, list[bool]] = {"gate": [], **{name: [] for name in USUAL}}
    covered = []
    for number in range(suites):
        before = rng.beta(*SUITES[number % len(SUITES)], design.cases)
        after = truth(before, rng)
        baseline, candidate = draw(before, design.before, rng), draw(after, design.runs, rng)
        success = compare_success(baseline, candidate, MARGIN, rng)
        drifts["gate"].append(success.verdict is MetricVerdict.DRIFT)
        covered.append(holds(success, float((after - before).mean())))
        for name, method in USUAL.items():
            drifts[name].append(method(baseline, candidate, rng))
    return Tally(drifts, covered)


def draw(rates: Floats, runs: int, rng: np.random.Generator) -> Counts:
    """Run every case `runs` times."""
    return Counts(rng.binomial(runs, rates), np.full(len(rates), runs))


def holds(comparison: Comparison, true_change: float) -> bool:
    """Whether the interval covers the truth."""
    low, high = comparison.ci_low, comparison.ci_high
    return low is not None and high is not None and low - 1e-9 <= true_change <= high + 1e-9


def family_false_alarms(design: Design, tail: str, suites: int, rng: np.random.Generator) -> dict[str, float]:
    """Share of unchanged suites where a metric finds drift: any of them, and each."""
    alarms = []
    for number in range(suites):
        rates = rng.beta(*SUITES[number % len(SUITES)], design.cases)
        scale = rng.lognormal(0, 0.5, (2, design.cases))
        baseline = measured_runs(rates, scale, design.before, tail, rng)
        candidate = measured_runs(rates, scale, design.runs, tail, rng)
        success = compare_success(baseline.counts, candidate.counts, MARGIN, rng)
        metrics = (success, *compare_ratios(Matched(baseline, candidate), rng))
        alarms.append([metric.verdict is MetricVerdict.DRIFT for metric in metrics])
    shares = np.mean(alarms, axis=0)
    names = ("success", "p95", "$/success")
    return {"any": float(np.any(alarms, axis=1).mean()), **dict(zip(names, map(float, shares), strict=True))}


def measured_runs(rates: Floats, scale: Floats, runs: int, tail: str, rng: np.random.Generator) -> Runs:
    """Outcomes, latencies (log-normal, or Pareto with exponent 2.5) and costs of one arm."""
    case = np.repeat(np.arange(len(rates)), runs)
    noise = rng.lognormal(0, 0.6, len(case)) if tail == "log-normal" else 1 + rng.pareto(2.5, len(case))
    return Runs(
        case=case,
        passed=(rng.random(len(case)) < rates[case]).astype(np.float64),
        latency_ms=1000 * scale[0][case] * noise,
        cost_usd=0.01 * scale[1][case] * rng.lognormal(0, 0.4, len(case)),
    )


# --- looks ------------------------------------------------------------------------------------------------

BEFORE = 30
"""Runs per case of the baseline that the looks are measured against."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What the looks at many suites said: a row per suite, a column per look.

    Attributes:
        said: the gate's verdict at each look, as if it had never stopped.
        peeked: per method, whether it calls drift at each look, with its usual level every time.
    """

    looks: tuple[int, ...]
    said: list[list[MetricVerdict]]
    peeked: dict[str, list[list[bool]]]

    def found(self, verdict: MetricVerdict, until: int) -> list[bool]:
        """Per suite, whether any look up to `until` runs said so, stopped or not."""
        within = sum(look <= until for look in self.looks)
        return [verdict in row[:within] for row in self.said]

    def stops(self, until: int) -> list[tuple[int, MetricVerdict]]:
        """Per suite, the runs at which the gate stopped and what it said there."""
        return [self._stop(row, until) for row in self.said]

    def _stop(self, row: list[MetricVerdict], until: int) -> tuple[int, MetricVerdict]:
        for look, verdict in zip(self.looks, row, strict=True):
            if verdict is not MetricVerdict.UNDECIDED or look == until:
                return look, verdict
        raise AssertionError("no look at the end")

    def peeking(self) -> dict[str, float]:
        """Per method, how often one of all looks calls drift."""
        return {name: float(np.any(rows, axis=1).mean()) for name, rows in self.peeked.items()}


def look_on(cases: int, truth: Truth, suites: int, rng: np.random.Generator, *, peek: bool = False) -> Looked:
    """Look at growing evidence of `suites` suites, at the default looks up to the horizon."""
    looks, before = DEFAULT_LOOKS, [BEFORE] * cases
    levels = [
        level_at(before, [[n] * cases for n in looks[: at + 1]], look, HORIZON)
        for at, look in enumerate(looks)
    ]
    said: list[list[MetricVerdict]] = []
    peeked: dict[str, list[list[bool]]] = {name: [] for name in ("peeking", *USUAL) if peek}
    for number in range(suites):
        rates = rng.beta(*SUITES[number % len(SUITES)], cases)
        baseline, grown = draw(rates, BEFORE, rng), list(growing(truth(rates, rng), looks, rng))
        said.append(
            [
                compare_success_at(level, baseline, candidate, MARGIN, rng).verdict
                for level, candidate in zip(levels, grown, strict=True)
            ]
        )
        for name, rows in peeked.items():
            method = USUAL.get(name, fixed)
            rows.append([method(baseline, candidate, rng) for candidate in grown])
    return Looked(looks, said, peeked)


def growing(rates: Floats, looks: Sequence[int], rng: np.random.Generator) -> Iterator[Counts]:
    """The same evidence at every look."""
    passed, runs = np.zeros(len(rates), dtype=np.int64), 0
    for look in looks:
        passed, runs = passed + rng.binomial(look - runs, rates), look
        yield Counts(passed, np.full(len(rates), runs))


def fixed(baseline: Counts, candidate: Counts, rng: np.random.Generator) -> bool:
    """The gate as if this were its only look."""
    return compare_success(baseline, candidate, MARGIN, rng).verdict is MetricVerdict.DRIFT


def look_rows(suites: int, seed: int) -> Iterator[Row]:
    """Every row about looks."""
    drift, passed = MetricVerdict.DRIFT, MetricVerdict.PASS
    for cases in (30, 10):
        seen = look_on(cases, unchanged, suites, generator(seed, "looks", cases), peek=True)
        yield share_row("false alarm", f"{cases} cases, looks to 10", seen.found(drift, PLANNED), (0, 0.05))
        every = share_row(
            "false alarm", f"{cases} cases, every re-run to 30", seen.found(drift, HORIZON), (0, 0.055)
        )
        yield replace(every, others=seen.peeking())
        yield saved_row(f"{cases} cases, no change", seen, {30: 0.56, 10: 0.30}[cases])
        dropped = look_on(cases, spread(0.10), suites, generator(seed, "looks -10", cases))
        found = [said is drift for _, said in dropped.stops(PLANNED)]
        yield share_row(
            "power", f"{cases} cases, looks to 10, −10 spread", found, (0.91, 1) if cases == 30 else None
        )
        found = [said is drift for _, said in dropped.stops(HORIZON)]
        yield share_row("power", f"{cases} cases, looks to 30, −10 spread", found, None)
        yield share_row(
            "false pass",
            f"{cases} cases, every re-run, −10 spread",
            dropped.found(passed, HORIZON),
            (0, 0.06),
        )
        yield saved_row(f"{cases} cases, −10 spread", dropped, 0.52 if cases == 30 else None)
        fell = look_on(cases, spread(0.20), suites // 2, generator(seed, "looks -20", cases))
        yield saved_row(f"{cases} cases, −20 spread", fell, 0.55 if cases == 10 else None)
        broken = look_on(cases, spread(1.0), suites // 4, generator(seed, "looks broken", cases))
        yield saved_row(f"{cases} cases, breakage", broken, 0.70 if cases == 30 else None)


def share_row(goal: str, what: str, found: Sequence[bool], must: tuple[float, float] | None) -> Row:
    """How often something was found."""
    value = float(np.mean(found))
    return Row(goal, what, value, *wilson95(value, len(found)), must, {})


def saved_row(what: str, seen: Looked, least: float | None) -> Row:
    """Share of the planned runs that were not needed, and how many suites were decided by which look."""
    stops = np.array([runs for runs, _ in seen.stops(PLANNED)])
    saved = 1 - stops / PLANNED
    value = 1 - float(stops.sum()) / (PLANNED * len(stops))
    half = 1.96 * float(saved.std()) / math.sqrt(len(stops))
    looks = [look for look in seen.looks if look < PLANNED]
    decided = {f"by {look}": float((stops <= look).mean()) for look in looks}
    return Row(
        "saved", what, value, value - half, value + half, None if least is None else (least, 1), decided
    )


# --- the table --------------------------------------------------------------------------------------------


def all_rows(suites: int, family: int, seed: int) -> Iterator[Row]:
    """Every row, each from its own seed, so that one can be looked at alone."""
    yield from resources(seed)
    for design in (D10, D30, D10X30, D50, DEFAULT):
        seen = tally(design, unchanged, suites, generator(seed, "none", design))
        yield drift_row("false alarm", f"{design}, no change", seen, (0.025, 0.055))
    for design, least in ((D10, 0.60), (D30, 0.94), (D50, 0.88)):
        seen = tally(design, spread(0.10), suites, generator(seed, "spread", design))
        yield drift_row("power", f"{design}, −10 spread", seen, (least, 1))
        yield covering_row(f"{design}, −10 spread", seen)
    for design, least in ((D10, 0.73), (D30, 0.97), (D10X30, 0.97)):
        seen = tally(design, few(0.10), suites, generator(seed, "few", design))
        yield drift_row("power", f"{design}, −10 in few cases", seen, (least, 1))
    for design in (D10, D30, D10X30, D50):
        for name, truth in (("spread", spread(0.20)), ("in few cases", few(0.20))):
            seen = tally(design, truth, suites, generator(seed, "-20", name, design))
            yield drift_row("power", f"{design}, −20 {name}", seen, (0.95, 1))
    for design in SMALL:
        seen = tally(design, unchanged, suites, generator(seed, "small", design))
        yield drift_row("false alarm", f"{design}, small suite", seen, (0, 0.05))
    for design in (D10, D30, DEFAULT):
        for tail in ("log-normal", "Pareto"):
            shares = family_false_alarms(design, tail, family, generator(seed, tail, design))
            value = shares.pop("any")
            yield Row("family alarm", f"{design}, {tail}", value, *wilson95(value, family), (0, 0.07), shares)
    yield from look_rows(suites // 2, seed)


def generator(seed: int, *parts: object) -> np.random.Generator:
    """A stream of its own for every row."""
    return np.random.default_rng([seed, *"/".join(map(str, parts)).encode()])


def drift_row(goal: str, what: str, seen: Tally, must: tuple[float, float]) -> Row:
    """How often drift was called."""
    value = seen.share("gate")
    others = {name: seen.share(name) for name in USUAL}
    return Row(goal, what, value, *wilson95(value, len(seen.covered)), must, others)


def covering_row(what: str, seen: Tally) -> Row:
    """How often the interval held the truth."""
    value = float(np.mean(seen.covered))
    return Row("coverage", what, value, *wilson95(value, len(seen.covered)), (0.88, 0.92), {})


def wilson95(share: float, number: int) -> tuple[float, float]:
    """95 % interval of a simulated share."""
    z = 1.96
    middle, below = share + z**2 / (2 * number), 1 + z**2 / number
    half = z * np.sqrt(share * (1 - share) / number + z**2 / (4 * number**2))
    return float((middle - half) / below), float((middle + half) / below)


def resources(seed: int) -> Iterator[Row]:
    """Time and memory of a large comparison, and whether shuffled lines give the same bytes."""
    baseline, candidate = large_result(seed), large_result(seed + 1)
    start = time.process_time()
    verdict = decide(baseline, candidate, GateSettings())
    seconds = time.process_time() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Row("CPU seconds", "200×30, three metrics", seconds, None, None, (0, 2), {})
    yield Row("peak MB", "200×30, scipy loaded too", megabytes, None, None, (0, 300), {})
    again = decide(shuffled(baseline), shuffled(candidate), GateSettings())
    same = written(verdict) == written(again)
    yield Row("same bytes", "lines shuffled", float(same), None, None, (1, 1), {})


def large_result(seed: int) -> SuiteResult:
    """200 cases × 30 runs."""
    rng = np.random.default_rng(seed)
    runs = measured_runs(rng.beta(8, 2, 200), rng.lognormal(0, 0.5, (2, 200)), 30, "log-normal", rng)
    assert runs.latency_ms is not None
    assert runs.cost_usd is not None
    columns = zip(runs.case.tolist(), runs.passed.tolist(), runs.latency_ms, runs.cost_usd, strict=True)
    samples = [
        Sample(
            f"case_{case:03}", index % 30, SampleStatus.COMPLETED, bool(passed), latency_ms=ms, cost_usd=usd
        )
        for index, (case, passed, ms, usd) in enumerate(columns)
    ]
    starts = range(0, len(samples), 30)
    cases = tuple(CaseResult(samples[at].case_id, tuple(samples[at : at + 30])) for at in starts)
    return SuiteResult("large", cases)


def shuffled(result: SuiteResult) -> SuiteResult:
    """The same runs in another order."""
    order = random.Random(0)
    cases = [
        CaseResult(case.case_id, tuple(order.sample(case.samples, len(case.samples))))
        for case in result.cases
    ]
    return SuiteResult(result.suite, tuple(order.sample(cases, len(cases))))


def written(verdict: Any) -> str:
    """verdict.json"""
    return json.dumps(verdict_document(verdict), allow_nan=False)


def line(row: Row, *, quick: bool) -> str:
    """One line of the table."""
    interval = "" if row.low is None else f"{row.low:.3f} – {row.high:.3f}"
    must = "" if row.must is None else _must(row.must)
    verdict = {True: "OK", False: "MISS", None: ""}[row.holds(quick=quick)]
    others = "  ".join(f"{name} {value:.3f}" for name, value in row.others.items())
    return f"{row.goal:<13}{row.what:<40}{row.value:>8.3f}  {interval:<15}  {must:<15}{verdict:<5} {others}"


def _must(must: tuple[float, float]) -> str:
    least, most = must
    if least == most:
        return f"= {least:g}"
    if least == 0:
        return f"≤ {most:g}"
    return f"≥ {least:g}" if most == 1 else f"{least:g} – {most:g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} suites a row instead of {FULL}")
    parser.add_argument("--json", action="store_true", help="rows as JSON on stdout, and no table")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw the rows here, as SVG")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    measured = measure(options.seed, quick=options.quick, table=not options.json)
    rows = [{**asdict(row), "holds": row.holds(quick=options.quick)} for row in measured]
    if options.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    if options.pictures:
        draw_pictures(rows, options.pictures)
    return int(any(row["holds"] is False for row in rows))


def measure(seed: int, *, quick: bool, table: bool) -> list[Row]:
    """Every row, printed as soon as it is there if it is a table that is wanted."""
    suites, family = (QUICK, QUICK_FAMILY) if quick else (FULL, FULL_FAMILY)
    measured = []
    start = time.monotonic()
    if table:
        print_head(suites, family, seed, quick=quick)
    for row in all_rows(suites, family, seed):
        measured.append(row)
        print(f"[{time.monotonic() - start:5.0f} s] {row.goal}: {row.what}", file=sys.stderr)
        if table:
            print(line(row, quick=quick), flush=True)
    return measured


def print_head(suites: int, family: int, seed: int, *, quick: bool) -> None:
    """What the columns are."""
    print(f"{suites} suites a row ({family} for the family), {RESAMPLES} resamples, seed {seed}")
    if quick:
        print("quick: MISS only where the 95 % interval excludes what must be")
    print(f"{'goal':<13}{'suite':<40}{'value':>8}  {'95 % interval':<15}  {'must':<15}{'':<5} other methods")


if __name__ == "__main__":
    raise SystemExit(main())
