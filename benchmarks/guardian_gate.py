"""How often Guardian's gate blocks an agent that did not change, and how often it finds one that did.

    python benchmarks/guardian_gate.py [--quick] [--json] [--seed S]

Each simulated pull request runs 72 probes 10 times against a baseline of 100 runs per probe. `first_look` and
`second_look` of `security_pack.resistance.regression`, the functions that a real pull request passes, decide about
its runs. How often attacks succeed is drawn anew for every pull request, from several worlds: hardly ever, on some
probes, on most. The harmless twin of each probe is run too, and fails now and then. Beside the gate stand what one
would write first, and the gate without its second look:

    any success    a single success of any attack fails the pull request
    no baseline    a probe that succeeds in more than 5 % of its runs fails it
    uncorrected    Fisher's test per probe at 5 %, no correction
    one look       the gate, without measuring again

Exit 1 if a goal is missed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core, before numpy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from agent_runtime.statistics.stats import Counts, Floats, fisher_mid_p, wilson
from benchmarks.table import Row, leave, print_rows
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult
from security_pack.resistance.probe_case import TWIN
from security_pack.resistance.regression import ComparableBaseline, Group, first_look, second_look

PROBES, RUNS, BASELINE_RUNS = 72, 10, 100
FULL, QUICK = 2000, 150
MOST_FALSE, LEAST_POWER = 0.02, 0.92
_Z_95 = 1.96

Generator = np.random.Generator
World = Callable[[int, Generator], Floats]
"""Attack success rate of each probe."""
Change = Callable[[Floats, Generator], tuple[Floats, Floats]]
"""The rates before and after a change."""

WORLDS: Mapping[str, World] = {
    "attacks never succeed": lambda probes, rng: np.zeros(probes),
    "2 % on every probe": lambda probes, rng: np.full(probes, 0.02),
    "rarely, on some probes": lambda probes, rng: rng.beta(0.2, 8, probes),
    "on four probes of ten": lambda probes, rng: np.where(
        rng.random(probes) < 0.6, 0.0, rng.beta(0.5, 2, probes)
    ),
    "never or nearly always": lambda probes, rng: rng.beta(0.15, 0.5, probes),
    "anything": lambda probes, rng: rng.beta(1, 1, probes),
}


@dataclass(frozen=True, slots=True)
class Design:
    """How much is measured."""

    probes: int = PROBES
    runs: int = RUNS
    baseline_runs: int = BASELINE_RUNS

    def __str__(self) -> str:
        return f"{self.probes} probes × {self.runs} vs {self.baseline_runs}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was run for one pull request.

    Attributes:
        baseline: runs that held (the attack was resisted, the harmless task done), per probe.
        held: whether each new run held, one row a probe. The first half of a row is for the first look, the
            rest is looked at only where that one suspects a fall.
    """

    baseline: Counts
    held: np.ndarray[tuple[int, int], np.dtype[np.bool_]]

    @property
    def runs(self) -> int:
        """Runs of each probe at the first look."""
        return self.held.shape[1] // 2

    @property
    def first(self) -> Counts:
        """What the first look sees."""
        return _counts(self.held[:, : self.runs].sum(axis=1), self.runs)


def twins_fail(probes: int, rng: Generator) -> Floats:
    """How often harmless tasks fail: one time in ten."""
    return rng.beta(1, 9, probes)


def unchanged(rates: Floats, rng: Generator) -> tuple[Floats, Floats]:
    """No change."""
    return rates, rates


def one_breaks(to: float) -> Change:
    """One probe goes from never to `to`."""

    def change(rates: Floats, rng: Generator) -> tuple[Floats, Floats]:
        place = int(rng.integers(len(rates)))
        return _with(rates, place, 0.0), _with(rates, place, to)

    return change


def all_weaken(points: float) -> Change:
    """Every attack succeeds a little more often."""

    def change(rates: Floats, rng: Generator) -> tuple[Floats, Floats]:
        return rates, np.clip(rates + points, 0.0, 1.0)

    return change


def measure(design: Design, before: Floats, after: Floats, rng: Generator) -> Measured:
    """Run every probe, in both arms."""
    return Measured(
        _counts(rng.binomial(design.baseline_runs, 1 - before), design.baseline_runs),
        rng.random((design.probes, 2 * design.runs)) < 1 - after[:, np.newaxis],
    )


def blocks(attacks: Measured, twins: Measured) -> tuple[bool, bool]:
    """Whether the gate blocks the pull request; and whether it would have, without measuring again."""
    # The baseline's counts are given, not its runs: to read 14,400 of them would take most of the time.
    comparable = ComparableBaseline(
        _group(attacks.baseline, "", by_probe=True), _group(twins.baseline, TWIN, by_probe=False)
    )
    candidate = SuiteResult("guardian", (*_cases(attacks, ""), *_cases(twins, TWIN)))
    runs = {case.case_id: attacks.runs for case in candidate.cases}
    suspicion = first_look(comparable, candidate, runs)
    found = second_look(comparable, candidate, runs, suspicion)
    return found.any, suspicion.attacks.any or suspicion.twins.any


def any_success(seen: Measured) -> bool:
    """What one would write first."""
    return bool((seen.first.passed < seen.first.runs).any())


def no_baseline(seen: Measured) -> bool:
    """A threshold."""
    return bool((1 - seen.first.rates > 0.05).any())


def uncorrected(seen: Measured) -> bool:
    """A test per probe, as if it were the only one."""
    columns = (seen.baseline.passed, seen.baseline.runs, seen.first.passed, seen.first.runs)
    cells = zip(*(column.tolist() for column in columns), strict=True)
    return any(fisher_mid_p(*cell) <= 0.05 for cell in cells)


USUAL: Mapping[str, Callable[[Measured], bool]] = {
    "any success": any_success,
    "no baseline": no_baseline,
    "uncorrected": uncorrected,
}


def shares(
    design: Design, world: str, change: Change, pulls: int, rng: Generator, twins: Change = unchanged
) -> dict[str, float]:
    """How often each method blocks; `gate` first. Only the gate knows the twins."""
    found: dict[str, list[bool]] = {"gate": [], "one look": [], **{name: [] for name in USUAL}}
    for _ in range(pulls):
        seen = measure(design, *change(WORLDS[world](design.probes, rng), rng), rng)
        harmless = measure(design, *twins(twins_fail(design.probes, rng), rng), rng)
        both, one = blocks(seen, harmless)
        found["gate"].append(both)
        found["one look"].append(one)
        for name, method in USUAL.items():
            found[name].append(method(seen))
    return {name: float(np.mean(blocked)) for name, blocked in found.items()}


def gate_rows(pulls: int = FULL, seed: int = 1) -> Iterator[Row]:
    """Every row, each from its own seed."""
    usual = Design()
    for world in WORLDS:
        yield false_row(usual, world, pulls, seed)
    for world in WORLDS:
        yield power_row(usual, world, "one probe 0 → 50 %", one_breaks(0.5), LEAST_POWER, pulls, seed)
    yield power_row(usual, "rarely, on some probes", "one probe 0 → 30 %", one_breaks(0.3), None, pulls, seed)
    yield power_row(
        usual, "rarely, on some probes", "every probe + 5 points", all_weaken(0.05), LEAST_POWER, pulls, seed
    )
    yield twin_row(usual, "rarely, on some probes", 0.10, pulls, seed)
    for design in (
        Design(baseline_runs=30),
        Design(runs=30),
        Design(probes=150),
        Design(probes=12),
        Design(probes=1),
    ):
        yield false_row(design, "on four probes of ten", pulls, seed)
        yield power_row(
            design, "on four probes of ten", "one probe 0 → 50 %", one_breaks(0.5), None, pulls, seed
        )


def false_row(design: Design, world: str, pulls: int, seed: int) -> Row:
    """How often an agent that did not change is blocked."""
    found = shares(design, world, unchanged, pulls, _stream(seed, "false", design, world))
    goal = f"false block, {world} ({design})"
    return Row(goal, _measured(found, pulls), f"≤ {MOST_FALSE}", _at_most(found["gate"], MOST_FALSE, pulls))


def power_row(
    design: Design, world: str, what: str, change: Change, least: float | None, pulls: int, seed: int
) -> Row:
    """How often a change is found."""
    found = shares(design, world, change, pulls, _stream(seed, what, design, world))
    must = "" if least is None else f"≥ {least}"
    holds = None if least is None else _at_most(1 - found["gate"], 1 - least, pulls)
    return Row(f"power, {what}, {world} ({design})", _measured(found, pulls), must, holds)


def twin_row(design: Design, world: str, points: float, pulls: int, seed: int) -> Row:
    """How often it is found that the agent does fewer harmless tasks."""
    rng = _stream(seed, "twins", points, design, world)
    found = shares(design, world, unchanged, pulls, rng, all_weaken(points))
    holds = _at_most(1 - found["gate"], 1 - LEAST_POWER, pulls)
    goal = f"power, harmless tasks − {points * 100:.0f} points, {world} ({design})"
    return Row(goal, _measured(found, pulls), f"≥ {LEAST_POWER}", holds)


def _measured(found: Mapping[str, float], pulls: int) -> str:
    low, high = wilson(found["gate"], pulls, _Z_95)
    others = ", ".join(f"{name} {share:.3f}" for name, share in found.items() if name != "gate")
    return f"{found['gate']:.3f} ({low:.3f}–{high:.3f}); {others}"


def _at_most(share: float, most: float, pulls: int) -> bool:
    """A short run doubts only what its 95 % interval excludes."""
    return (share if pulls >= FULL else wilson(share, pulls, _Z_95)[0]) <= most + 1e-9


def _counts(passed: np.ndarray[tuple[int, ...], np.dtype[np.int64]], runs: int) -> Counts:
    return Counts(passed, np.full(len(passed), runs))


def _group(baseline: Counts, ending: str, *, by_probe: bool) -> Group:
    ids = tuple(_case_id(place, ending) for place in range(len(baseline.runs)))
    return Group(ids, by_probe, baseline)


def _cases(measured: Measured, ending: str) -> Iterator[CaseResult]:
    for place, held in enumerate(measured.held.tolist()):
        name = _case_id(place, ending)
        yield CaseResult(name, tuple(_run(name, index, passed) for index, passed in enumerate(held)))


def _case_id(place: int, ending: str) -> str:
    return f"probe-{place:03d}{ending}"


@cache
def _run(case_id: str, index: int, passed: bool) -> Sample:
    return Sample(case_id, index, SampleStatus.COMPLETED, passed)


def _with(rates: Floats, place: int, rate: float) -> Floats:
    changed = rates.copy()
    changed[place] = rate
    return changed


def _stream(seed: int, *parts: object) -> Generator:
    """A stream of its own for every row."""
    return np.random.default_rng([seed, *"/".join(map(str, parts)).encode()])


def rows(data: Path) -> Iterator[Row]:
    """The short run; nothing is read from `data`."""
    yield from gate_rows(QUICK)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} pull requests a row instead of {FULL}")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    pulls = QUICK if options.quick else FULL
    rows = list(gate_rows(pulls, options.seed))
    print_rows(
        f"Guardian's gate, {pulls} simulated pull requests a row: share blocked (95 % interval)",
        rows,
        as_json=options.json,
    )
    leave(rows)


if __name__ == "__main__":
    main()
