"""A verdict's parts: success by tag and by grader.

They describe and decide nothing, unless the suite names tags that gate. Those are tested together (Holm), so
that of all unchanged agents at most one in twenty is blocked by a tag, however many tags are named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent_runtime.statistics import stats
from agent_runtime.statistics.stats import Counts
from evals.gate import wording
from evals.gate.evidence import Arms, CaseEvidence, Evidence
from evals.results.records import Sample
from evals.results.verdict import Breakdown, CaseStatus, VerdictKind

TAG, GRADER = "tag", "grader"
MOST_PARTS = 50
"""Tags, and graders, of which the largest are shown. A tag that gates is always among them."""
FELL_AT = 0.05
"""Family-wise error over the tags that gate."""

Score = tuple[int, int]
"""Passed and measured runs of a case."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One tag or grader: the scores of its cases, by id; only the candidate's if nothing was compared."""

    kind: str
    name: str
    baseline: Mapping[str, Score]
    candidate: Mapping[str, Score]

    @property
    def compared(self) -> tuple[str, ...]:
        """Cases that both arms measured."""
        return tuple(name for name in self.candidate if name in self.baseline)


@dataclass(frozen=True, slots=True)
class Breakdowns:
    """Success on every part; `warnings` name the tags that gate and could not be tested."""

    rows: tuple[Breakdown, ...]
    warnings: tuple[str, ...]

    @property
    def fallen(self) -> tuple[Breakdown, ...]:
        """Tags that gate and fell."""
        return tuple(row for row in self.rows if row.fell)


def breakdowns_of(arms: Arms, seed: int, tags: Sequence[str]) -> Breakdowns:
    """Success by tag and by grader. `tags` are those that gate."""
    shared = {name: arms.baseline[name] for name in arms.pairing.of(CaseStatus.SHARED)}
    gating = frozenset(tags)
    parts = [
        *_largest(_by_tag(shared, arms.candidate), gating),
        *_largest(_by_grader(shared, arms.candidate), frozenset()),
    ]
    rows = _tested_together(
        [_described(part, seed, part.kind == TAG and part.name in gating) for part in parts]
    )
    return Breakdowns(rows, tuple(_untested_gates(rows, tags, shared)))


def with_fallen_tags(
    kind: VerdictKind, reasons: tuple[str, ...], fallen: Sequence[Breakdown]
) -> tuple[VerdictKind, tuple[str, ...]]:
    """A fallen tag makes a trusted verdict drift, and is its first reason unless the whole suite drifts too."""
    if not fallen or kind in {VerdictKind.NOT_MEASURED, VerdictKind.PROVIDER_DRIFT}:
        return kind, reasons
    of_tags = tuple(wording.tag_drift(row) for row in fallen)
    ordered = (*reasons, *of_tags) if kind is VerdictKind.DRIFT else (*of_tags, *reasons)
    return VerdictKind.DRIFT, ordered


# --- which runs belong to which part ----------------------------------------------------------------------


def _by_tag(baseline: Evidence, candidate: Evidence) -> Iterator[_Part]:
    """A case's tags are the candidate's: a baseline file does not keep them."""
    named: dict[str, dict[str, CaseEvidence]] = {}
    for case_id, case in candidate.items():
        for tag in case.case.tags:
            named.setdefault(tag, {})[case_id] = case
    for tag, cases in named.items():
        before = {name: baseline[name] for name in cases if name in baseline}
        yield _Part(TAG, tag, _scores(before), _scores(cases))


def _scores(cases: Mapping[str, CaseEvidence]) -> dict[str, Score]:
    return {name: (case.passed, len(case.runs)) for name, case in cases.items() if case.runs}


def _by_grader(baseline: Evidence, candidate: Evidence) -> Iterator[_Part]:
    before, after = _grader_scores(baseline), _grader_scores(candidate)
    for name, cases in after.items():
        yield _Part(GRADER, name, before.get(name, {}), cases)


def _grader_scores(evidence: Evidence) -> dict[str, dict[str, Score]]:
    """By grader, the runs of each case that it graded. A grader used twice in a run has to pass twice."""
    scores: dict[str, dict[str, Score]] = {}
    for case_id, case in evidence.items():
        for grader, passed in (grade for run in case.runs for grade in _passed_by_grader(run).items()):
            cases = scores.setdefault(grader, {})
            good, graded = cases.get(case_id, (0, 0))
            cases[case_id] = good + passed, graded + 1
    return scores


def _passed_by_grader(run: Sample) -> dict[str, bool]:
    passed: dict[str, bool] = {}
    for grade in run.grades:
        if grade.passed is not None:
            passed[grade.grader] = passed.get(grade.grader, True) and grade.passed
    return passed


def _largest(parts: Iterable[_Part], always: frozenset[str]) -> list[_Part]:
    """Those with the most cases, by name."""
    # Tags that gate come first, or fifty larger ones would push them off the page that blocks because of them.
    ordered = sorted(parts, key=lambda part: (part.name not in always, -len(part.candidate), part.name))
    largest = ordered[: max(MOST_PARTS, len(always))]
    return sorted((part for part in largest if part.candidate), key=lambda part: part.name)


# --- what each part says ----------------------------------------------------------------------------------


def _described(part: _Part, seed: int, gates: bool) -> Breakdown:
    """Rates on the cases that both arms measured; the candidate alone where there are none."""
    if not part.compared:
        rate = _counts(part.candidate, part.candidate).rate
        return Breakdown(part.kind, part.name, len(part.candidate), candidate=rate, gates=gates)
    before, after = _counts(part.baseline, part.compared), _counts(part.candidate, part.compared)
    low, high = _interval(part, before, after, seed)
    return Breakdown(
        kind=part.kind,
        name=part.name,
        cases=len(part.compared),
        baseline=before.rate,
        candidate=after.rate,
        change=stats.change(before, after),
        ci_low=low,
        ci_high=high,
        gates=gates,
        p_fell=stats.stratified_p(before, after) if gates else None,
    )


def _counts(scores: Mapping[str, Score], names: Iterable[str]) -> Counts:
    chosen = [scores[name] for name in names]
    return Counts(
        passed=np.array([passed for passed, _ in chosen]), runs=np.array([runs for _, runs in chosen])
    )


def _interval(part: _Part, before: Counts, after: Counts, seed: int) -> tuple[float | None, float | None]:
    """The gate's own interval, drawn from a stream of the part's own; none for one run per case in an arm."""
    # The permutation test needs no spread, so a tag can still gate; an interval does.
    if any(int(arm.runs.max()) == 1 for arm in (before, after)):
        return None, None
    # By name, so that a new tag does not move the interval of the others.
    mixed = hashlib.sha256(f"{seed}:{part.kind}:{part.name}".encode(errors="replace")).digest()
    rng = np.random.default_rng(int.from_bytes(mixed[:16], "big"))
    return stats.interval(stats.resampled_changes(before, after, rng))


def _tested_together(rows: Sequence[Breakdown]) -> tuple[Breakdown, ...]:
    """The rows with Holm's correction over those that gate."""
    known = [row.p_fell for row in rows if row.p_fell is not None]
    adjusted = iter(stats.holm(np.array(known)).tolist())
    return tuple(row if row.p_fell is None else _tested(row, next(adjusted)) for row in rows)


def _tested(row: Breakdown, p: float) -> Breakdown:
    return replace(row, p_fell=p, fell=p <= FELL_AT)


def _untested_gates(rows: Sequence[Breakdown], tags: Iterable[str], shared: Evidence) -> Iterator[str]:
    """Where something was compared: the tags that gate and had no case among it."""
    tested = {row.name for row in rows if row.p_fell is not None}
    untested = [tag for tag in tags if tag not in tested]
    if shared and untested:
        yield wording.tags_not_compared(untested)
