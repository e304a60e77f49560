"""Shards: the runs of one evaluation divided among machines, and put together again.

A shard's folder holds its runs (samples.jsonl) and what it is a part of (shard.json). The runs of an evaluation
do not depend on how they were divided, so the joined result is the one that a single machine would have measured.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from agent_runtime.agent.spec import FileModel
from agent_runtime.errors import CannotMeasure, InvalidInput
from agent_runtime.files.documents import parse, read_json
from evals.results.files import write_lines
from evals.results.records import CaseResult, Sample, SuiteResult
from evals.results.samples import read_samples, write_samples
from evals.sampling.plan import sample_seed
from evals.suite.suite_file import SUITE_NAME, GateSettings

SHARD_FILE, SAMPLES_FILE = "shard.json", "samples.jsonl"
MOST_SHARDS = 1000
_WORDS = {
    "of": "the number of shards",
    "samples": "the number of runs per case",
    "gate": "what the gate is set to",
    "compared": "having a baseline",
}
_WRITTEN_SHARD = re.compile(r"(\d{1,4})/(\d{1,4})")

Run = tuple[str, int]
"""One run of an evaluation: case id and sample index."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` (from 1) of `of`."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class Plan(FileModel):
    """The evaluation that a shard is a part of. Only shards of equal plans belong together.

    Attributes:
        samples: runs per case, of all shards together.
        others: the runs of cases that have another number.
        of: how many shards there are.
        cases: comparability hash by case id, in the order of the suite.
        compared: True if there was a baseline to compare with.
    """

    model_config = ConfigDict(strict=True)

    suite: str = Field(pattern=SUITE_NAME)
    fingerprint: str | None
    commit: str | None
    simulated: bool
    agent: str | None
    model: str | None
    seed: int
    samples: int = Field(ge=1)
    of: int = Field(ge=1, le=MOST_SHARDS)
    cases: dict[str, str] = Field(min_length=1)
    gate: GateSettings
    compared: bool
    others: dict[str, int] = {}

    @property
    def runs_of_case(self) -> dict[str, int]:
        """How many runs each case has, in the order of the suite."""
        return {case_id: self.others.get(case_id, self.samples) for case_id in self.cases}

    @property
    def runs(self) -> int:
        """Runs of the whole evaluation."""
        return sum(self.runs_of_case.values())

    @property
    def frame(self) -> SuiteResult:
        """The result before the first run."""
        return SuiteResult(
            suite=self.suite,
            cases=tuple(CaseResult(case_id, (), sha) for case_id, sha in self.cases.items()),
            fingerprint=self.fingerprint,
            commit=self.commit,
            simulated=self.simulated,
            agent=self.agent,
            model=self.model,
        )


@dataclass(frozen=True, slots=True)
class ShardResult:
    """One shard as its folder holds it.

    Attributes:
        result: its runs, redacted; of a case that is another shard's alone there is nothing.
        stopped: why it did not make all its runs; None if it did.
        warnings: what a reader of the evaluation must know.
    """

    plan: Plan
    number: int
    result: SuiteResult
    stopped: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JoinedShards:
    """All shards put together.

    Attributes:
        problems: what is missing, there twice, cut short or foreign; () if this is the whole evaluation.
    """

    plan: Plan
    result: SuiteResult
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


class ShardFile(FileModel):
    """shard.json"""

    model_config = ConfigDict(strict=True)

    schema_version: Literal[1]
    kind: Literal["shard"]
    shard: int = Field(ge=1)
    plan: Plan
    stopped: str | None
    warnings: list[str]

    @model_validator(mode="after")
    def _one_of_them(self) -> ShardFile:
        if self.shard > self.plan.of:
            raise ValueError(f"there is no shard {self.shard} of {self.plan.of} | run this shard again")
        return self


def parse_shard(text: str) -> Shard:
    """`2/4` is the second of four shards.

    Raises:
        InvalidInput
    """
    found = _WRITTEN_SHARD.fullmatch(text)
    number, of = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= number <= of <= MOST_SHARDS:
        fix = f"write which one of how many, as in 2/4; there are at most {MOST_SHARDS}"
        raise InvalidInput.one("--shard", f"'{text[:40]}' is no shard", fix)
    return Shard(number, of)


def runs_of(shard: Shard, runs_of_case: Mapping[str, int]) -> Sequence[Run]:
    """The runs of one shard. Every run of every case is in exactly one, and no two sizes differ by more than 1.

    Counted case by case, every `of`-th run: so each case is divided evenly too, and a slow one burdens all alike.
    """
    runs = [(case_id, index) for case_id, count in runs_of_case.items() for index in range(count)]
    return runs[shard.number - 1 :: shard.of]


def write_shard(folder: Path, shard: ShardResult) -> None:
    """Write a shard's folder; shard.json last, since it vouches for the runs.

    Raises:
        InvalidInput: if it cannot be written.
    """
    written = ShardFile(
        schema_version=1,
        kind="shard",
        shard=shard.number,
        plan=shard.plan,
        stopped=shard.stopped,
        warnings=list(shard.warnings),
    )
    # A shard.json of an earlier try would vouch for runs that are half written.
    (folder / SHARD_FILE).unlink(missing_ok=True)
    write_samples(folder / SAMPLES_FILE, shard.result)
    write_lines(folder / SHARD_FILE, [json.dumps(written.model_dump(mode="json"), indent=1)])


def read_shard(folder: Path) -> ShardResult:
    """A shard that is whole, as far as one can tell from itself.

    Raises:
        InvalidInput: if it is not there, not readable, cut short, or its two files do not belong together.
    """
    path = folder / SHARD_FILE
    written = parse(read_json(path, "run this shard again"), ShardFile)
    result = _samples_of(folder, written.plan)
    shard = ShardResult(written.plan, written.shard, result, written.stopped, tuple(written.warnings))
    _refuse_other_runs(folder / SAMPLES_FILE, shard)
    return shard


def join_shards(folders: Sequence[Path]) -> JoinedShards:
    """Put shards together. What is wrong with them is said, not raised, as long as one of them can be read.

    The plan that most of them have is the evaluation; the others are foreign to it.

    Raises:
        CannotMeasure: if there is no shard to read.
    """
    problems: list[str] = []
    shards = list(_readable(folders, problems))
    if not shards:
        raise CannotMeasure("\n    ".join(("no shard can be read", *problems)))
    plan = _commonest([shard.plan for _, shard in shards])
    own = dict(_own(shards, plan, problems))
    problems.extend(f"shard {Shard(number, plan.of)} is missing" for number in _missing(own, plan))
    warnings = dict.fromkeys(warning for shard in own.values() for warning in shard.warnings)
    return JoinedShards(plan, _joined(plan, list(own.values())), tuple(problems), tuple(warnings))


# --- one shard --------------------------------------------------------------------------------------------


def _samples_of(folder: Path, plan: Plan) -> SuiteResult:
    """The runs of a shard; a shard of more machines than runs has none."""
    described = replace(plan.frame, cases=())
    path = folder / SAMPLES_FILE
    if path.is_file() and not path.stat().st_size:
        return described
    result = read_samples(path)
    if replace(result, cases=()) != described:
        raise InvalidInput.one(path, "is of another evaluation than its shard.json", "run this shard again")
    return result


def _refuse_other_runs(path: Path, shard: ShardResult) -> None:
    """A shard has the runs that are its own, of the cases as the plan knows them: no more, and if it ended no less."""
    plan = shard.plan
    there = {(sample.case_id, sample.sample_index) for sample in shard.result.samples}
    own = set(runs_of(Shard(shard.number, plan.of), plan.runs_of_case))
    if strangers := sorted(there - own):
        raise InvalidInput.one(path, f"has runs that are not of this shard: {_named(strangers)}")
    for case in shard.result.cases:
        if case.case_hash != plan.cases[case.case_id]:
            raise InvalidInput.one(path, f"case '{case.case_id}' is not as shard.json knows it")
    for sample in shard.result.samples:
        if sample.seed != sample_seed(plan.seed, plan.fingerprint, sample.case_id, sample.sample_index):
            what = f"run {sample.sample_index} of '{sample.case_id}' was not made with its own seed"
            raise InvalidInput.one(path, what)
    if shard.stopped is None and (gone := sorted(own - there)):
        what = f"is cut short: {len(there)} of {len(own)} runs are there; missing: {_named(gone)}"
        raise InvalidInput.one(path, what)


def _named(runs: Sequence[Run]) -> str:
    first = ", ".join(f"run {index} of '{case_id}'" for case_id, index in runs[:3])
    return first if len(runs) <= 3 else f"{first} and {len(runs) - 3} more"


# --- all of them ------------------------------------------------------------------------------------------


def _readable(folders: Sequence[Path], problems: list[str]) -> Iterator[tuple[Path, ShardResult]]:
    for folder in folders:
        try:
            yield folder, read_shard(folder)
        except InvalidInput as error:
            problems.extend(f"{problem.file}: {problem.what}" for problem in error.problems[:3])


def _commonest(plans: Sequence[Plan]) -> Plan:
    """The plan that most shards have; the first of them, if several are as common."""
    # Plans hold dicts and cannot be hashed. `Counter` keeps the order of appearance among equals.
    keys = [repr(plan) for plan in plans]
    [(commonest, _)] = Counter(keys).most_common(1)
    return plans[keys.index(commonest)]


def _own(
    shards: Sequence[tuple[Path, ShardResult]], plan: Plan, problems: list[str]
) -> Iterator[tuple[int, ShardResult]]:
    """The shards of the plan by their number, each once; a stopped one counts, and is told."""
    first: dict[int, Path] = {}
    for folder, shard in shards:
        name = f"{folder} (shard {Shard(shard.number, shard.plan.of)})"
        if difference := _difference(shard.plan, plan):
            problems.append(f"{name} is of another evaluation: {difference}")
        elif shard.number in first:
            problems.append(f"{name} is there twice, the first time as {first[shard.number]}")
        else:
            first[shard.number] = folder
            if shard.stopped is not None:
                problems.append(f"{name} stopped early: {shard.stopped}")
            yield shard.number, shard


def _difference(plan: Plan, other: Plan) -> str | None:
    """In what a plan differs from another, in words; None if in nothing."""
    for name in Plan.model_fields:
        here, there = getattr(plan, name), getattr(other, name)
        # Dicts are equal in any order; the suite's order is the order of its runs.
        if name == "cases" and list(here.items()) != list(there.items()):
            return "the suite has other cases, or asks them differently"
        if here != there:
            return f"{_WORDS.get(name, name)} is {str(here)[:80]}, not {str(there)[:80]}"
    return None


def _missing(own: Mapping[int, ShardResult], plan: Plan) -> Iterator[int]:
    return (number for number in range(1, plan.of + 1) if number not in own)


def _joined(plan: Plan, shards: Sequence[ShardResult]) -> SuiteResult:
    """One result of all runs, its cases in the order of the suite."""
    parts: dict[str, list[CaseResult]] = {}
    for case in (case for shard in shards for case in shard.result.cases):
        parts.setdefault(case.case_id, []).append(case)
    frame = plan.frame
    cases = (
        replace(parts[case.case_id][0], samples=_in_order(parts[case.case_id]))
        if case.case_id in parts
        else case
        for case in frame.cases
    )
    return replace(frame, cases=tuple(cases))


def _in_order(parts: Iterable[CaseResult]) -> tuple[Sample, ...]:
    samples = (sample for part in parts for sample in part.samples)
    return tuple(sorted(samples, key=lambda sample: sample.sample_index))
