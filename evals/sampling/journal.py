"""Every run, on disk as it ends: what a crash, a kill or a full disk can take is only what was in flight.

`samples.partial.jsonl` is a samples.jsonl that grows, a line a run, in the order the runs ended; it is gone once
the results are written. With `protocol.json` beside it an evaluation can go on where it stopped.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from agent_runtime.errors import InvalidInput
from evals.results.files import CannotKeepRuns, write_lines
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult
from evals.results.samples import read_samples, sample_line
from evals.sampling.plan import sample_seed
from evals.sampling.protocol import StudyProtocol, read_protocol, refuse_changes, write_protocol

PARTIAL = "samples.partial.jsonl"
SET_ASIDE = "samples.previous.jsonl"
SAMPLES = "samples.jsonl"
_NOT_AS_WRITTEN = "evidence is only ever added to: start afresh with another --out"


class Start(StrEnum):
    """How an evaluation begins in its folder."""

    AFRESH = "afresh"
    RESUME = "resume"
    ADD = "add"


class Sink(Protocol):
    """A file being written: os-level, unbuffered, so that what was written survives the process."""

    def write(self, data: bytes | memoryview, /) -> int | None:
        """Write some of `data`; returns how many bytes."""
        ...

    def truncate(self, size: int, /) -> int:
        """Cut the file."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` against other canaries until the block, or the process, ends.

    Raises:
        InvalidInput: if another one holds it.
    """
    # The folder itself: a lock file would be left behind by a kill, and would be one more file to explain.
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = "another canary is writing into this folder"
            raise InvalidInput.one(folder, what, "wait until it ends, or choose another --out") from None
        except OSError:
            # Some network file systems cannot lock (https://man7.org/linux/man-pages/man2/flock.2.html).
            # A run is worth more than the protection.
            pass
        yield
    finally:
        os.close(handle)


class Journal:
    """The runs of one evaluation so far, in memory and on disk.

    Attributes:
        protocol: what the evaluation began with, and its looks.
        samples: every run that is kept, by case id and sample index.
        opening: what the user should know about how it began; "" if there is nothing.
    """

    def __init__(
        self,
        folder: Path,
        frame: SuiteResult,
        protocol: StudyProtocol,
        stored: Sequence[Sample],
        sink: Sink,
        opening: str = "",
    ) -> None:
        self.protocol = protocol
        self.samples = {(sample.case_id, sample.sample_index): sample for sample in stored}
        self.opening = opening
        self._folder = folder
        self._frame = frame
        self._cases = {case.case_id: case for case in frame.cases}
        self._sink = sink
        self._size = (folder / PARTIAL).stat().st_size

    def keep(self, sample: Sample) -> None:
        """Write one run down. It is redacted already.

        Raises:
            CannotKeepRuns: nothing of it is left in the file.
        """
        line = sample_line(sample, self._cases[sample.case_id], self._frame)
        # Bytes, not text: a full disk writes a part, and only bytes say how large that was.
        data = memoryview(line.encode("utf-8", "replace") + b"\n")
        try:
            written = 0
            while written < len(data):
                written += self._sink.write(data[written:]) or 0
        except OSError as error:
            with suppress(OSError):
                # --resume would drop half a line anyway; whoever reads the file before must not stumble over it.
                self._sink.truncate(self._size)
            raise self._full(error) from None
        self._size += len(data)
        self.samples[sample.case_id, sample.sample_index] = sample

    def look(self, runs: int) -> None:
        """Note that the gate looked at the first `runs` runs of every case.

        Raises:
            CannotKeepRuns
        """
        following = self.protocol.with_look(runs, self.samples.values())
        if following is self.protocol:
            return
        self.protocol = following
        try:
            write_protocol(self._folder, following)
        except InvalidInput as error:
            raise CannotKeepRuns(f"{error.problems[0]}; {self._resume_hint()}") from None

    @property
    def reached(self) -> int:
        """Runs per case that were at least begun to be measured: one more than the highest index."""
        return max((index + 1 for _, index in self.samples), default=0)

    def result(self, runs: int | None = None) -> SuiteResult:
        """The runs as a result, all or the first `runs` of every case, in the order of the suite."""
        by_case: dict[str, list[Sample]] = {case_id: [] for case_id in self._cases}
        for (case_id, index), sample in sorted(self.samples.items()):
            if runs is None or index < runs:
                by_case[case_id].append(sample)
        return _filled(self._frame, by_case)

    def finish(self) -> None:
        """The results are written: the journal has done its work."""
        self.close()
        with suppress(OSError):
            (self._folder / PARTIAL).unlink()

    def close(self) -> None:
        """Close the file; what is in it stays."""
        self._sink.close()

    def _full(self, error: OSError) -> CannotKeepRuns:
        what = f"{self._folder / PARTIAL} cannot be written: {error.strerror}"
        return CannotKeepRuns(f"{what}; {self._resume_hint()}")

    def _resume_hint(self) -> str:
        return f"{len(self.samples)} runs are kept; make room and go on with --resume"


def open_journal(
    folder: Path, frame: SuiteResult, protocol: StudyProtocol, start: Start, *, any_schedule: bool = False
) -> Journal:
    """Begin an evaluation in `folder`, or go on with the one that is there.

    A resumed one keeps what was measured and drops a line that was cut in the middle. Afresh, runs of an
    unfinished evaluation are set aside, not deleted.

    Args:
        any_schedule: take the schedule that is there, whatever `protocol` says.

    Raises:
        InvalidInput: if there is nothing to add to, if the protocol changed, or if the runs in the folder are not
            the ones that were measured.
        CannotKeepRuns: if the folder cannot be written.
    """
    began = read_protocol(folder) if start is not Start.AFRESH else None
    if began is None and start is Start.ADD:
        raise InvalidInput.one(folder, "holds no evidence to add to", "run  canary --out  into it first")
    stored: tuple[Sample, ...] = ()
    if began is not None:
        expected = replace(protocol, schedule=began.schedule) if any_schedule else protocol
        refuse_changes(folder, began, expected)
        stored = _stored_samples(folder, began)
        if start is Start.ADD:
            _refuse_gaps(folder, began, stored)
    try:
        opening = f"going on with {len(stored)} runs" if stored else _set_aside(folder, start)
        # The protocol first: runs without one could never be gone on with.
        write_protocol(folder, began or protocol)
        # Written anew, since runs that are made again must not stand in the file twice.
        _write_stored(folder, frame, stored)
        sink = (folder / PARTIAL).open("ab", buffering=0)
    except (OSError, InvalidInput) as error:
        raise CannotKeepRuns(f"{folder}: the evaluation cannot be written down: {error}") from None
    return Journal(folder, frame, began or protocol, stored, sink, opening)


def _filled(frame: SuiteResult, by_case: dict[str, list[Sample]]) -> SuiteResult:
    cases = tuple(replace(case, samples=tuple(by_case[case.case_id])) for case in frame.cases)
    return replace(frame, cases=cases)


def _set_aside(folder: Path, start: Start) -> str:
    """Move the runs of an unfinished evaluation out of the way of one that begins afresh; says so."""
    partial = folder / PARTIAL
    if start is not Start.AFRESH or not partial.exists() or not partial.stat().st_size:
        return ""
    partial.replace(folder / SET_ASIDE)
    return f"the runs of an unfinished canary are now in {folder / SET_ASIDE} (--resume goes on instead)"


def _write_stored(folder: Path, frame: SuiteResult, stored: Sequence[Sample]) -> None:
    cases: dict[str, CaseResult] = {case.case_id: case for case in frame.cases}
    lines = (sample_line(sample, cases[sample.case_id], frame) for sample in stored)
    write_lines(folder / PARTIAL, lines)


def _stored_samples(folder: Path, began: StudyProtocol) -> tuple[Sample, ...]:
    """The runs in the folder that stay, checked against the protocol and the looks that were taken."""
    path = folder / PARTIAL
    if path.exists():
        _drop_half_line(path)
    else:
        path = folder / SAMPLES
    if not path.exists() or not path.stat().st_size:
        return ()
    found = read_samples(path)
    _refuse_foreign_runs(path, began, found)
    _refuse_other_looks(path, began, found.samples)
    return tuple(sample for sample in found.samples if _reusable(sample, began))


def _reusable(sample: Sample, began: StudyProtocol) -> bool:
    """A run that measured nothing is made again, unless a look has judged it."""
    return sample.status is not SampleStatus.INFRA_ERROR or sample.sample_index < began.looked_at


def _drop_half_line(path: Path) -> None:
    """Cut off a last line that was not written to its end."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            # Backwards in blocks: the file may be a gigabyte, its last line is a few kilobytes.
            start = max(0, end - 65_536)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                end = start + at + 1
                break
            end = start
        if end < size:
            file.truncate(end)


def _refuse_foreign_runs(path: Path, began: StudyProtocol, found: SuiteResult) -> None:
    """Refuse runs of another suite, agent, commit, case or seed than the protocol names."""
    about = (found.suite, found.fingerprint, found.commit, found.simulated)
    if about != (began.suite, began.fingerprint, began.commit, began.simulated):
        what = "holds runs of another suite, agent or commit than protocol.json"
        raise InvalidInput.one(path, what, _NOT_AS_WRITTEN)
    for case in found.cases:
        if began.cases.get(case.case_id) != case.case_hash:
            what = f"holds runs of a case that protocol.json does not know: {case.case_id!r}"
            raise InvalidInput.one(path, what, _NOT_AS_WRITTEN)
    for sample in found.samples:
        if sample.seed != sample_seed(began.seed, began.fingerprint, sample.case_id, sample.sample_index):
            what = f"run {sample.sample_index} of case {sample.case_id!r} was not made with its own seed"
            raise InvalidInput.one(path, what, _NOT_AS_WRITTEN)


def _refuse_other_looks(path: Path, began: StudyProtocol, samples: Sequence[Sample]) -> None:
    """Refuse runs that are not the ones an earlier look judged."""
    again = replace(began, taken=())
    for look in began.taken:
        again = again.with_look(look.runs, samples)
        if again.taken[-1] != look:
            what = f"the first {look.runs} runs of each case are not the ones that were judged"
            raise InvalidInput.one(path, what, _NOT_AS_WRITTEN)


def _refuse_gaps(folder: Path, began: StudyProtocol, stored: Iterable[Sample]) -> None:
    """Refuse to add to evidence that is not exactly what its last look judged."""
    there = {(sample.case_id, sample.sample_index) for sample in stored}
    if not began.taken:
        raise InvalidInput.one(folder, "holds an unfinished canary", "finish it with --resume first")
    judged = {(case_id, index) for case_id in began.cases for index in range(began.looked_at)}
    # One is named, the first in order: the fix is the same for all.
    for case_id, index in sorted(judged - there)[:1]:
        raise InvalidInput.one(folder, f"run {index} of case {case_id!r} is missing", _NOT_AS_WRITTEN)
    # Behind an interrupted --add-to there may be runs past the look; behind a finished one there are none.
    if not (folder / PARTIAL).exists():
        for case_id, index in sorted(there - judged)[:1]:
            what = f"run {index} of case {case_id!r} is past the last look, which no canary leaves behind"
            raise InvalidInput.one(folder / SAMPLES, what, _NOT_AS_WRITTEN)
