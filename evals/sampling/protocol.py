"""protocol.json: what was fixed before the first run, and what the gate saw at each look.

Evidence may grow, but only under the protocol it began with: the same suite, agent, commit, seed, baseline and
looks. Each look leaves a link of a chain of hashes, so that runs judged once are the runs that stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from agent_runtime.agent.spec import FileModel
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import parse, read_json
from evals.results.files import write_lines
from evals.results.records import Sample, SuiteResult, identity
from evals.sampling.schedule import Schedule

FILE = "protocol.json"
SCHEMA_VERSION = 1
_MOST_NAMED = 3


class LookEntry(FileModel):
    """One look that was taken."""

    model_config = ConfigDict(strict=True)

    runs: int = Field(ge=1, description="Runs per case that were judged.")
    chain: str = Field(description="Hash of these runs and of every look before.")


class ProtocolFile(FileModel):
    """protocol.json"""

    model_config = ConfigDict(strict=True)

    schema_version: Literal[1]
    kind: Literal["protocol"]
    suite: str
    fingerprint: str | None
    commit: str | None
    simulated: bool
    seed: int
    baseline: str | None
    cases: Annotated[dict[str, str], Field(min_length=1)]
    planned: int = Field(ge=1)
    looks: list[int]
    horizon: int
    taken: list[LookEntry]


@dataclass(frozen=True, slots=True)
class Look:
    """One look that was taken: at how many runs per case, and the hash of everything judged by then."""

    runs: int
    chain: str


@dataclass(frozen=True, slots=True)
class StudyProtocol:
    """What an evaluation began with.

    Attributes:
        baseline: hash of the runs it is compared with; None without a baseline.
        cases: comparability hash by case id.
        taken: the looks so far, rising.
    """

    suite: str
    fingerprint: str | None
    commit: str | None
    simulated: bool
    seed: int
    baseline: str | None
    cases: Mapping[str, str]
    schedule: Schedule
    taken: tuple[Look, ...] = ()

    @classmethod
    def of(
        cls, frame: SuiteResult, seed: int, baseline: SuiteResult | None, schedule: Schedule
    ) -> StudyProtocol:
        """The protocol of an evaluation that begins; `frame` is its result before the first run."""
        return cls(
            suite=frame.suite,
            fingerprint=frame.fingerprint,
            commit=frame.commit,
            simulated=frame.simulated,
            seed=seed,
            baseline=chain_hash("", baseline.samples) if baseline is not None else None,
            cases={case.case_id: case.case_hash for case in frame.cases},
            schedule=schedule,
        )

    @property
    def looked_at(self) -> int:
        """Runs per case at the last look; 0 before the first."""
        return self.taken[-1].runs if self.taken else 0

    def with_look(self, runs: int, samples: Iterable[Sample]) -> StudyProtocol:
        """The protocol after a look at the first `runs` runs of every case; the same again if it was taken."""
        # A resumed evaluation passes the looks it took before: the chain holds each once.
        if runs <= self.looked_at:
            return self
        before = self.taken[-1] if self.taken else Look(0, "")
        new = [sample for sample in samples if before.runs <= sample.sample_index < runs]
        return replace(self, taken=(*self.taken, Look(runs, chain_hash(before.chain, new))))


def chain_hash(before: str, samples: Iterable[Sample]) -> str:
    """SHA-256 of `before` and of everything about the runs that a verdict can depend on, in any order of them."""
    digest = hashlib.sha256(before.encode())
    # Sorted: runs end in any order, and the chain must not depend on it.
    for name in sorted(f"{sample.case_id!r} {identity(sample)}" for sample in samples):
        digest.update(name.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def read_protocol(folder: Path) -> StudyProtocol | None:
    """The protocol of the evaluation in `folder`; None if there is none.

    Raises:
        InvalidInput: if the file is not a protocol of this version.
    """
    path = folder / FILE
    if not path.exists():
        return None
    written = parse(read_json(path, _AFRESH), ProtocolFile)
    return StudyProtocol(
        suite=written.suite,
        fingerprint=written.fingerprint,
        commit=written.commit,
        simulated=written.simulated,
        seed=written.seed,
        baseline=written.baseline,
        cases=written.cases,
        schedule=Schedule(written.planned, tuple(written.looks), written.horizon),
        taken=tuple(Look(look.runs, look.chain) for look in written.taken),
    )


def write_protocol(folder: Path, protocol: StudyProtocol) -> None:
    """Write protocol.json, whole or not at all; no timestamps, so equal evaluations make equal files.

    Raises:
        InvalidInput: if it cannot be written.
    """
    schedule = protocol.schedule
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": "protocol",
        "suite": protocol.suite,
        "fingerprint": protocol.fingerprint,
        "commit": protocol.commit,
        "simulated": protocol.simulated,
        "seed": protocol.seed,
        "baseline": protocol.baseline,
        "cases": dict(protocol.cases),
        "planned": schedule.planned,
        "looks": list(schedule.looks),
        "horizon": schedule.horizon,
        "taken": [{"runs": look.runs, "chain": look.chain} for look in protocol.taken],
    }
    write_lines(folder / FILE, [json.dumps(data, ensure_ascii=False, indent=1)])


def refuse_changes(folder: Path, began: StudyProtocol, now: StudyProtocol) -> None:
    """Refuse to go on under another protocol than the one the evidence began with.

    Raises:
        InvalidInput: naming everything that changed.
    """
    if changes := list(_changes(began, now)):
        what = f"these runs cannot be gone on with: {'; '.join(changes)}"
        raise InvalidInput.one(folder, what, _AFRESH)


_AFRESH = "put it back as it was, or start afresh with another --out"


def _changes(began: StudyProtocol, now: StudyProtocol) -> Iterator[str]:
    facts = (
        ("the suite's name", began.suite, now.suite),
        ("the agent (its fingerprint)", began.fingerprint, now.fingerprint),
        ("the commit", began.commit, now.commit),
        ("whether the model is simulated", began.simulated, now.simulated),
        ("the seed", began.seed, now.seed),
    )
    for name, before, after in facts:
        if before != after:
            yield f"{name} changed, {_short(before)} → {_short(after)}"
    if began.baseline != now.baseline:
        yield "the baseline changed"
    if changed := sorted(
        name for name in {*began.cases, *now.cases} if began.cases.get(name) != now.cases.get(name)
    ):
        more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
        yield f"the suite changed in {', '.join(map(repr, changed[:_MOST_NAMED]))}{more}"
    if began.schedule != now.schedule:
        yield f"the runs planned changed, {_words(began.schedule)} → {_words(now.schedule)}"


def _short(value: object) -> str:
    return str(value)[:12]


def _words(schedule: Schedule) -> str:
    looks = ",".join(map(str, schedule.looks)) or "none"
    return f"{schedule.planned} (looks {looks})"
