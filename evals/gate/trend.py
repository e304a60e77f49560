"""Many evaluations of one suite over time: is the hosted model drifting under an unchanged agent?

A change is looked for inside one version of the agent only, on the cases that stayed the same, within each
case, as the gate does. Every day between two evaluations is tried as the day when it began; the error is
shared out over all of them (Bonferroni), so that an unchanged provider is accused in 5 % of trends at most.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from statistics import NormalDist

import numpy as np

from agent_runtime.errors import InvalidInput
from agent_runtime.statistics import stats
from agent_runtime.statistics.stats import Counts, Floats, Integers, Runs
from evals.gate.comparison import runs_of
from evals.gate.evidence import gather
from evals.results.records import SuiteResult
from evals.results.run_file import read_run_file
from evals.results.samples import read_samples

CHANGED_AT = 0.05
"""Error of telling a change where there is none, over all days of one version of the agent."""
POWER = NormalDist().inv_cdf(0.80)
RESAMPLES = 1_000
"""For the intervals of a point: a chart needs no more, and there may be hundreds of points. Chosen, not measured."""
SAMPLES = "samples.jsonl"

_DAY = re.compile(r"(?<!\d)20\d\d-[01]\d-[0-3]\d(?!\d)")

CaseKey = tuple[str, str]
"""Id and comparability: an edited case is another case."""


@dataclass(frozen=True, slots=True, order=True)
class AgentVersion:
    """What was evaluated, as far as it is known: "" is unknown.

    Attributes:
        reported: what an endpoint called itself in its answers.
    """

    fingerprint: str
    reported: str = ""


@dataclass(frozen=True, slots=True)
class DatedResult:
    """One result in time, without its texts.

    Attributes:
        measured_at: in UTC; midnight if only the day is known.
        dated_by: run.json, the folder's name, or the file's time, which copying changes.
        endpoint: True if the agent is an HTTP service, of which the fingerprint sees only the request.
        cases: of `runs`, which numbers them.
    """

    folder: Path
    measured_at: datetime
    dated_by: str
    suite: str
    simulated: bool
    version: AgentVersion
    endpoint: bool
    cases: tuple[CaseKey, ...]
    runs: Runs | None

    @property
    def day(self) -> date:
        """The day in UTC."""
        return self.measured_at.date()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 90 % interval; None is not known, and infinite is a cost without a success."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One version of the agent on one day. `success` is the mean over cases, its interval Wilson's over runs."""

    day: date
    version: AgentVersion
    new_version: bool
    cases: int
    runs: int
    success: Estimate
    p95_ms: Estimate
    usd_per_success: Estimate


@dataclass(frozen=True, slots=True)
class Shift:
    """Whether success moved under one version of the agent.

    Attributes:
        since: the first day of the new rate; None if no change is visible.
        cases: those measured on both sides of that day.
        change: difference of the rates before and since, with its 90 % interval; None without `since`.
        visible: without a change: the lasting fall since the middle that would have been seen, 0..1.
    """

    version: AgentVersion
    endpoint: bool
    first: date
    last: date
    since: date | None = None
    cases: int = 0
    before: float | None = None
    after: float | None = None
    change: Estimate | None = None
    visible: float | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    """One suite over time; simulated and real results never share one. Days and versions in their order."""

    suite: str
    simulated: bool
    points: tuple[Point, ...]
    shifts: tuple[Shift, ...]
    notes: tuple[str, ...] = ()


# --- reading ----------------------------------------------------------------------------------------------


def read_dated_results(paths: Iterable[Path]) -> tuple[DatedResult, ...]:
    """Every result in the folders, each once.

    Raises:
        InvalidInput: for a folder without results, and whatever is wrong in one.
    """
    folders = dict.fromkeys(folder.resolve() for path in paths for folder in result_folders(path))
    return tuple(dated_result(folder, read_samples(folder / SAMPLES, keep_text=False)) for folder in folders)


def result_folders(path: Path) -> list[Path]:
    """The folder itself if it holds results, else all below it that do."""
    if (path / SAMPLES).is_file():
        return [path]
    found = sorted(samples.parent for samples in path.rglob(SAMPLES)) if path.is_dir() else []
    if not found:
        what = "holds no samples.jsonl" if path.is_dir() else "is not a folder"
        raise InvalidInput.one(path, what, "give a folder that  agentcrewops canary  wrote, or one of many")
    return found


def dated_result(folder: Path, result: SuiteResult) -> DatedResult:
    """The result, dated and reduced to its numbers."""
    measured_at, dated_by = _time_of(folder)
    measured = [case for case in gather(result).values() if case.runs]
    return DatedResult(
        folder=folder,
        measured_at=measured_at,
        dated_by=dated_by,
        suite=result.suite,
        simulated=result.simulated,
        version=AgentVersion(result.fingerprint or "", _reported(result)),
        endpoint=result.model is None,
        cases=tuple((case.case.case_id, case.case.case_hash) for case in measured),
        runs=runs_of(measured) if measured else None,
    )


def _time_of(folder: Path) -> tuple[datetime, str]:
    """When it was measured, as well as that is known, and what says so."""
    if (facts := read_run_file(folder)) is not None:
        return facts.started_at.astimezone(UTC), "run.json"
    # The nearest folder first: nightly/2026-05-01/canary-out is of that day.
    for name in (folder.name, *(parent.name for parent in folder.parents)):
        if (named := _named_day(name)) is not None:
            return named, "folder name"
    return datetime.fromtimestamp((folder / SAMPLES).stat().st_mtime, UTC), "file time"


def _named_day(name: str) -> datetime | None:
    if (found := _DAY.search(name)) is None:
        return None
    try:
        return datetime.strptime(found[0], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _reported(result: SuiteResult) -> str:
    return ", ".join(sorted({sample.version for sample in result.samples if sample.version}))


# --- points -----------------------------------------------------------------------------------------------


def trends(evaluations: Iterable[DatedResult]) -> tuple[Trend, ...]:
    """One trend a suite."""
    ordered = sorted(evaluations, key=_suite_of)
    return tuple(_trend(name, simulated, list(of)) for (name, simulated), of in groupby(ordered, _suite_of))


def _suite_of(evaluation: DatedResult) -> tuple[str, bool]:
    return evaluation.suite, evaluation.simulated


def _trend(suite: str, simulated: bool, evaluations: list[DatedResult]) -> Trend:
    days = _by_day([one for one in evaluations if one.runs is not None])
    versions = dict.fromkeys(version for _, version in days)
    return Trend(
        suite=suite,
        simulated=simulated,
        points=tuple(_points(days)),
        shifts=tuple(_shift(version, _days_of(version, days)) for version in versions if version.fingerprint),
        notes=tuple(_notes(evaluations)),
    )


Days = Mapping[tuple[date, AgentVersion], list[DatedResult]]


def _by_day(evaluations: Iterable[DatedResult]) -> Days:
    days: dict[tuple[date, AgentVersion], list[DatedResult]] = {}
    for one in sorted(evaluations, key=lambda one: (one.measured_at, one.version, one.folder)):
        days.setdefault((one.day, one.version), []).append(one)
    return days


def _days_of(version: AgentVersion, days: Days) -> list[list[DatedResult]]:
    return [of for (_, found), of in days.items() if found == version]


def _points(days: Days) -> Iterator[Point]:
    before: AgentVersion | None = None
    for (day, version), evaluations in days.items():
        runs = _joined(evaluations)
        yield Point(
            day=day,
            version=version,
            new_version=before not in {None, version},
            cases=len(runs.per_case),
            runs=len(runs.case),
            success=_success(runs.counts),
            **_resampled(runs),
        )
        before = version


def _joined(evaluations: Sequence[DatedResult]) -> Runs:
    """All runs of the evaluations, case by case."""
    keys = _numbered(evaluations)
    arms = [(one, one.runs) for one in evaluations if one.runs is not None]
    case = np.concatenate([np.array([keys[key] for key in one.cases])[runs.case] for one, runs in arms])
    order = np.argsort(case, kind="stable")
    return Runs(
        case=case[order],
        passed=np.concatenate([runs.passed for _, runs in arms])[order],
        latency_ms=_column([runs.latency_ms for _, runs in arms], order),
        cost_usd=_column([runs.cost_usd for _, runs in arms], order),
    )


def _column(columns: Iterable[Floats | None], order: Integers) -> Floats | None:
    known = [column for column in columns if column is not None]
    joined = np.concatenate(known) if known else np.empty(0)
    return joined[order] if len(joined) == len(order) else None


def _success(counts: Counts) -> Estimate:
    return Estimate(counts.rate, *stats.wilson(counts.rate, int(counts.runs.sum())))


def _resampled(runs: Runs) -> dict[str, Estimate]:
    """p95 and cost with the gate's own resampling, from a stream that the runs themselves seed."""
    drawn = stats.resampled_metrics(runs, _generator(runs.passed.tobytes()), RESAMPLES)
    return {
        "p95_ms": _estimate(stats.p95(runs), drawn.p95_ms),
        "usd_per_success": _estimate(stats.usd_per_success(runs), drawn.usd_per_success),
    }


def _estimate(value: float | None, drawn: Floats | None) -> Estimate:
    return Estimate(None) if value is None or drawn is None else Estimate(value, *stats.interval(drawn))


def _generator(seed: bytes) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(seed).digest()[:16], "big"))


# --- changes ----------------------------------------------------------------------------------------------


def _shift(version: AgentVersion, days: Sequence[list[DatedResult]]) -> Shift:
    """The day on which success most clearly began to differ, if that is clear enough."""
    unmoved = Shift(version, days[0][0].endpoint, days[0][0].day, days[-1][0].day)
    splits = list(_splits(days))
    if not splits:
        return unmoved
    # Half of the error on each side: a model may drift upwards too. Bonferroni over the days that were tried.
    least = NormalDist().inv_cdf(1 - CHANGED_AT / (2 * len(splits)))
    clearest = max(splits, key=lambda split: abs(split.score))
    if abs(clearest.score) < least:
        # In the middle both sides have most runs: what is invisible there is invisible anywhere.
        middle = splits[len(splits) // 2]
        return replace(unmoved, visible=min(1.0, (least + POWER) * middle.error))
    before, after = clearest.before, clearest.after
    drawn = stats.resampled_changes(before, after, _generator(before.passed.tobytes()))
    return replace(
        unmoved,
        since=days[clearest.at][0].day,
        cases=len(before.runs),
        before=before.rate,
        after=after.rate,
        change=Estimate(stats.change(before, after), *stats.interval(drawn)),
    )


@dataclass(frozen=True, slots=True)
class _Split:
    """The runs before day number `at`, and from it on, of the cases that were measured on both sides."""

    at: int
    before: Counts
    after: Counts

    @property
    def error(self) -> float:
        """Standard error of the change, as if the rates of each case were the same on both sides."""
        return stats.smoothed_error(self.before, self.after)

    @property
    def score(self) -> float:
        """The change in standard errors."""
        return stats.change(self.before, self.after) / self.error


def _splits(days: Sequence[list[DatedResult]]) -> Iterator[_Split]:
    """Every way to cut the days in two that leaves a case on both sides."""
    # Running sums, so that each of n days costs one subtraction and not a pass over all runs.
    passed, runs = (table.cumsum(axis=0) for table in _tables(days))
    for at in range(1, len(days)):
        shared = (runs[at - 1] > 0) & (runs[-1] > runs[at - 1])
        if shared.any():
            before = Counts(passed[at - 1][shared], runs[at - 1][shared])
            after = Counts(passed[-1][shared] - before.passed, runs[-1][shared] - before.runs)
            yield _Split(at, before, after)


def _tables(days: Sequence[list[DatedResult]]) -> tuple[Integers, Integers]:
    """Passed and measured runs, days × cases."""
    columns = _numbered(one for day in days for one in day)
    passed, runs = np.zeros((2, len(days), len(columns)), dtype=np.int64)
    for row, one in ((row, one) for row, day in enumerate(days) for one in day):
        if one.runs is not None:
            places = [columns[key] for key in one.cases]
            passed[row, places] += one.runs.counts.passed
            runs[row, places] += one.runs.counts.runs
    return passed, runs


def _numbered(evaluations: Iterable[DatedResult]) -> dict[CaseKey, int]:
    return {key: index for index, key in enumerate(sorted({key for one in evaluations for key in one.cases}))}


# --- notes ------------------------------------------------------------------------------------------------


def _notes(evaluations: Sequence[DatedResult]) -> Iterator[str]:
    """What a reader should know before believing the days."""
    guessed = sum(one.dated_by == "file time" for one in evaluations)
    if guessed:
        yield f"{guessed} of {len(evaluations)} results are dated by their file's time, which copying changes."
    lost = [one for one in evaluations if one.runs is None]
    if lost:
        yield f"{len(lost)} of {len(evaluations)} results measured nothing and are not shown."
    unknown = sum(not one.version.fingerprint for one in evaluations)
    if unknown:
        yield f"{unknown} of {len(evaluations)} results do not say which agent they measured: no change is looked for."
    if len({one.cases for one in evaluations if one.runs is not None}) > 1:
        yield "The cases are not the same on all days, so the rates of two days may differ for that alone."
