"""Runs of probes × a baseline -> which attacks surely succeed more often, and whether harmless tasks suffer.

A probe is compared if its case is the same in both (agent, model, probe, policy) and the baseline has enough runs of
it. Anything else is said, and blocks nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent_runtime.statistics.stats import Counts
from evals.formatting.names import inert
from evals.gate.evidence import Evidence, gather, pair
from evals.results.records import Sample, SuiteResult
from evals.results.verdict import CaseStatus
from security_pack.findings.rates import (
    LEAST_BASELINE,
    NO_CHANGE,
    RateChange,
    compare_rates,
    confirm,
    probes_to_repeat,
    too_many_errors,
)
from security_pack.resistance.probe_case import TWIN

Runs = Mapping[str, int]
"""Runs by case id."""


@dataclass(frozen=True, slots=True)
class Group:
    """The attacks, or the harmless twins, that are compared.

    Attributes:
        by_probe: whether single ones may be named.
    """

    ids: tuple[str, ...]
    by_probe: bool
    baseline: Counts

    def look(self, candidate: Evidence) -> RateChange:
        """One look at all of them."""
        if not self.ids:
            return NO_CHANGE
        seen = _counts(candidate, self.ids)
        return compare_rates(self.baseline, seen, _generator(self, seen), by_probe=self.by_probe)

    def named(self, places: Collection[int]) -> tuple[str, ...]:
        """Case ids at these places."""
        return tuple(self.ids[place] for place in places)


@dataclass(frozen=True, slots=True)
class ComparableBaseline:
    """What of a baseline can be compared with.

    Attributes:
        forming: attacks whose baseline has too few runs.
        unknown: attacks that the baseline does not know, or knows otherwise.
    """

    attacks: Group
    twins: Group
    forming: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Regression:
    """What was found, once or twice.

    Attributes:
        worse: case ids of attacks that surely succeed more often.
        attacks: all attacks; `together` only if they fell beyond those that are named.
        twins: all harmless tasks.
    """

    comparable: ComparableBaseline
    worse: tuple[str, ...] = ()
    attacks: RateChange = NO_CHANGE
    twins: RateChange = NO_CHANGE

    @property
    def any(self) -> bool:
        """Whether anything got surely worse."""
        return bool(self.worse) or self.attacks.together or self.twins.together


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What the first look says, and the cases whose runs would have to be doubled to be sure."""

    attacks: RateChange
    twins: RateChange
    again: tuple[str, ...]


def comparable_with(baseline: SuiteResult | None, candidate: SuiteResult) -> ComparableBaseline:
    """The cases that are the same in both. Simulated, replayed and real runs never meet."""
    attacks = tuple(case.case_id for case in candidate.cases if not case.case_id.endswith(TWIN))
    if baseline is None or not _same_source(baseline, candidate):
        return ComparableBaseline(
            _group((), {}, by_probe=True), _group((), {}, by_probe=False), unknown=attacks
        )
    before = gather(baseline)
    shared = set(pair(before, gather(candidate)).of(CaseStatus.SHARED))
    ready = {name for name in shared if len(before[name].runs) >= LEAST_BASELINE}
    return ComparableBaseline(
        attacks=_group([name for name in attacks if name in ready], before, by_probe=True),
        twins=_group(sorted(name for name in ready if name.endswith(TWIN)), before, by_probe=False),
        forming=tuple(name for name in attacks if name in shared - ready),
        unknown=tuple(name for name in attacks if name not in shared),
    )


def first_look(comparable: ComparableBaseline, candidate: SuiteResult, runs: Runs) -> FirstLook:
    """What the first `runs` of every case say."""
    evidence = gather(first_runs(candidate, runs))
    comparable = _measured(comparable, evidence)
    attacks, twins = comparable.attacks.look(evidence), comparable.twins.look(evidence)
    again = (
        *comparable.attacks.named(probes_to_repeat(attacks, len(comparable.attacks.ids))),
        *comparable.twins.named(probes_to_repeat(twins, len(comparable.twins.ids))),
    )
    return FirstLook(attacks, twins, again)


def second_look(
    comparable: ComparableBaseline, candidate: SuiteResult, runs: Runs, suspicion: FirstLook
) -> Regression:
    """What holds once the runs of the suspects were doubled; without a suspicion, nothing."""
    if not suspicion.again:
        return Regression(comparable, (), suspicion.attacks, suspicion.twins)
    first = _measured(comparable, gather(first_runs(candidate, runs)))
    doubled = {name: 2 * count if name in suspicion.again else count for name, count in runs.items()}
    evidence = gather(first_runs(candidate, doubled))
    attacks = confirm(suspicion.attacks, first.attacks.look(evidence))
    twins = confirm(suspicion.twins, first.twins.look(evidence))
    worse = first.attacks.named(attacks.probes)
    if worse and attacks.together:
        attacks = replace(attacks, together=_without(first.attacks, worse).look(evidence).together)
    return Regression(comparable, worse, attacks, twins)


def first_runs(result: SuiteResult, runs: Runs) -> SuiteResult:
    """The result with at most so many runs of every case."""
    cases = tuple(
        replace(
            case, samples=tuple(run for run in case.samples if run.sample_index < runs.get(case.case_id, 0))
        )
        for case in result.cases
    )
    return replace(result, cases=cases)


def why_not_measured(result: SuiteResult) -> str:
    """Why the runs say nothing as a whole; "" if they do."""
    runs = result.samples
    errors = [run for run in runs if run.passed is None]
    if not too_many_errors(len(errors), len(runs)):
        return ""
    if not runs:
        return "no run was made"
    reasons = (run.error or "; ".join(_reasons(run)) for run in errors)
    reason = next((reason for reason in reasons if reason), "they could not be judged")
    return f"{len(errors)} of {len(runs)} runs measured nothing: {inert(reason)}"


def _reasons(run: Sample) -> tuple[str, ...]:
    return (*(run.judgement.evidence if run.judgement else ()), *(grade.reason for grade in run.grades))


def _measured(comparable: ComparableBaseline, evidence: Evidence) -> ComparableBaseline:
    """Without the cases that an outage left no run of."""
    return replace(
        comparable,
        attacks=_only(comparable.attacks, evidence),
        twins=_only(comparable.twins, evidence),
    )


def _only(group: Group, evidence: Evidence) -> Group:
    return _at(group, [at for at, name in enumerate(group.ids) if name in evidence and evidence[name].runs])


def _without(group: Group, named: Collection[str]) -> Group:
    return _at(group, [at for at, name in enumerate(group.ids) if name not in named])


def _at(group: Group, places: Sequence[int]) -> Group:
    counts = Counts(group.baseline.passed[places], group.baseline.runs[places])
    return replace(group, ids=group.named(places), baseline=counts)


def _group(ids: Sequence[str], baseline: Evidence, *, by_probe: bool) -> Group:
    return Group(tuple(ids), by_probe, _counts(baseline, ids))


def _counts(evidence: Evidence, ids: Sequence[str]) -> Counts:
    """Runs that held (an attack resisted, a harmless task done), and all that were measured."""
    cases = [evidence[name] for name in ids]
    passed = np.array([case.passed for case in cases], dtype=np.int64)
    return Counts(passed, np.array([len(case.runs) for case in cases], dtype=np.int64))


def _same_source(baseline: SuiteResult, candidate: SuiteResult) -> bool:
    return (baseline.simulated, baseline.replayed) == (candidate.simulated, candidate.replayed)


def _generator(group: Group, candidate: Counts) -> np.random.Generator:
    """The same numbers give the same draws."""
    columns = [*_columns(group.baseline), *_columns(candidate)]
    digest = hashlib.sha256(repr([group.ids, columns]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def _columns(counts: Counts) -> list[list[int]]:
    return [counts.passed.tolist(), counts.runs.tolist()]
