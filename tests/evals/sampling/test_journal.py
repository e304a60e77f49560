"""Every run on disk as it ends: going on, and refusing to go on with what is not the same."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from evals.results.files import CannotKeepRuns
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult
from evals.results.samples import write_samples
from evals.sampling.journal import PARTIAL, SAMPLES, SET_ASIDE, Journal, Start, locked, open_journal
from evals.sampling.plan import sample_seed
from evals.sampling.protocol import StudyProtocol, chain_hash, read_protocol
from evals.sampling.schedule import looking_schedule

FRAME = SuiteResult(
    suite="s",
    cases=(CaseResult("b", (), case_hash="hb"), CaseResult("a", (), case_hash="ha")),
    fingerprint="f" * 64,
    commit="c" * 40,
)


def protocol(frame: SuiteResult = FRAME, seed: int = 7, samples: int = 10) -> StudyProtocol:
    return StudyProtocol.of(frame, seed, None, looking_schedule(samples))


_OPEN: list[Journal] = []


@pytest.fixture(autouse=True)
def _closed_in_the_end() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def opened(
    folder: Path, start: Start = Start.RESUME, frame: SuiteResult = FRAME, seed: int = 7, samples: int = 10
) -> Journal:
    _OPEN.append(open_journal(folder, frame, protocol(frame, seed, samples), start))
    return _OPEN[-1]


def run(case_id: str, index: int, passed: bool | None = True, **more: object) -> Sample:
    status = SampleStatus.COMPLETED if passed is not None else SampleStatus.INFRA_ERROR
    seed = sample_seed(7, "f" * 64, case_id, index)
    return replace(Sample(case_id, index, status, passed, output="x", seed=seed), **more)  # type: ignore[arg-type]


def looked(folder: Path, runs: int = 3) -> None:
    """An evaluation that ended after its first look."""
    journal = opened(folder, Start.AFRESH)
    for case_id in "ab":
        for index in range(runs):
            journal.keep(run(case_id, index))
    journal.look(runs)
    write_samples(folder / SAMPLES, journal.result())
    journal.finish()


def rewrite(folder: Path, change: Callable[[list[dict[str, object]]], object]) -> None:
    """Change the finished samples behind the canary's back."""
    path = folder / SAMPLES
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def refusal(folder: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        opened(folder, Start.ADD)
    return str(caught.value)


def test_a_run_is_on_disk_as_soon_as_it_is_kept(tmp_path: Path) -> None:
    opened(tmp_path, Start.AFRESH).keep(run("a", 0))
    [line] = (tmp_path / PARTIAL).read_text().splitlines()
    assert json.loads(line)["case_id"] == "a"


def test_a_resumed_journal_holds_the_same_runs(tmp_path: Path) -> None:
    first = opened(tmp_path, Start.AFRESH)
    for index in (1, 0):
        first.keep(run("a", index))
    again = opened(tmp_path)
    assert again.samples == first.samples
    assert [case.case_id for case in again.result().cases] == ["b", "a"]
    assert [sample.sample_index for sample in again.result().samples] == [0, 1]


@given(st.integers(1, 400))
def test_wherever_the_last_line_was_cut_only_that_run_is_lost(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    journal = opened(folder, Start.AFRESH)
    journal.keep(run("a", 0))
    journal.keep(run("a", 1))
    path = folder / PARTIAL
    whole = path.read_bytes()
    last = len(whole) - whole.rfind(b"\n", 0, -1) - 1
    path.write_bytes(whole[: -min(cut, last)])
    again = opened(folder)
    assert list(again.samples) == [("a", 0)]
    again.keep(run("a", 1))
    assert path.read_bytes() == whole


def test_a_run_that_measured_nothing_is_made_again_unless_a_look_judged_it(tmp_path: Path) -> None:
    journal = opened(tmp_path, Start.AFRESH)
    for sample in (run("a", 0, None), run("b", 0), run("a", 1, None), run("b", 1)):
        journal.keep(sample)
    journal.look(1)
    assert set(opened(tmp_path).samples) == {("a", 0), ("b", 0), ("b", 1)}


def test_resuming_in_an_empty_folder_begins(tmp_path: Path) -> None:
    assert opened(tmp_path).samples == {}
    assert read_protocol(tmp_path) == protocol()


def test_beginning_afresh_sets_unfinished_runs_aside(tmp_path: Path) -> None:
    opened(tmp_path, Start.AFRESH).keep(run("a", 0))
    journal = opened(tmp_path, Start.AFRESH)
    assert journal.samples == {}
    assert (tmp_path / SET_ASIDE).read_text().count("\n") == 1
    assert SET_ASIDE in journal.opening


class FullDisk:
    """A file that takes `room` bytes and then fails."""

    def __init__(self, path: Path, room: int) -> None:
        self._file = path.open("r+b", buffering=0)
        self._room = room

    def write(self, data: bytes | memoryview, /) -> int:
        if self._room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = self._file.write(data[: self._room])
        self._room -= taken
        return taken

    def truncate(self, size: int, /) -> int:
        return self._file.truncate(size)

    def close(self) -> None:
        self._file.close()


def test_a_disk_that_fills_in_the_middle_of_a_line_keeps_every_whole_one(tmp_path: Path) -> None:
    opened(tmp_path, Start.AFRESH).close()
    journal = Journal(tmp_path, FRAME, protocol(), (), FullDisk(tmp_path / PARTIAL, 700))
    _OPEN.append(journal)
    journal.keep(run("a", 0))
    with pytest.raises(CannotKeepRuns, match=r"No space left on device; 1 runs are kept; .*--resume") as full:
        journal.keep(run("a", 1))
    assert full.value.exit_code == 3
    assert (tmp_path / PARTIAL).read_text().count("\n") == 1
    assert list(opened(tmp_path).samples) == [("a", 0)]


def test_a_second_canary_in_the_same_folder_stops(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(InvalidInput, match="another canary"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


@pytest.mark.parametrize(
    ("frame", "changes", "says"),
    [
        (replace(FRAME, fingerprint="e" * 64), {}, "the agent (its fingerprint) changed"),
        (replace(FRAME, commit="d" * 40), {}, "the commit changed, cccccccccccc → dddddddddddd"),
        (replace(FRAME, suite="t"), {}, "the suite's name changed, s → t"),
        (replace(FRAME, cases=FRAME.cases[:1]), {}, "the suite changed in 'a'"),
        (FRAME, {"seed": 8}, "the seed changed, 7 → 8"),
        (FRAME, {"samples": 6}, "the runs planned changed"),
    ],
)
def test_what_changed_since_the_first_run_is_named(
    tmp_path: Path, frame: SuiteResult, changes: dict[str, int], says: str
) -> None:
    opened(tmp_path, Start.AFRESH).keep(run("a", 0))
    with pytest.raises(InvalidInput) as caught:
        opened(tmp_path, Start.RESUME, frame, **changes)
    assert says in str(caught.value)


def test_evidence_as_it_was_judged_is_added_to(tmp_path: Path) -> None:
    looked(tmp_path)
    journal = opened(tmp_path, Start.ADD)
    assert len(journal.samples) == 6
    assert journal.protocol.looked_at == 3


def test_a_rerolled_run_is_refused(tmp_path: Path) -> None:
    looked(tmp_path)
    rewrite(tmp_path, lambda lines: lines[1].update(passed=False, output_sha256="other"))
    assert "are not the ones that were judged" in refusal(tmp_path)


def test_a_run_with_another_seed_is_refused(tmp_path: Path) -> None:
    looked(tmp_path)
    rewrite(tmp_path, lambda lines: lines[1].update(seed=1))
    assert "was not made with its own seed" in refusal(tmp_path)


def test_a_repeated_run_is_refused(tmp_path: Path) -> None:
    looked(tmp_path)
    rewrite(tmp_path, lambda lines: lines.append(lines[0]))
    assert "is already on line 1" in refusal(tmp_path)


def test_a_missing_run_is_refused(tmp_path: Path) -> None:
    looked(tmp_path)
    rewrite(tmp_path, lambda lines: lines.pop())
    assert "are not the ones that were judged" in refusal(tmp_path)


def test_a_run_slipped_in_past_the_last_look_is_refused(tmp_path: Path) -> None:
    looked(tmp_path)
    extra = {"sample_index": 3, "seed": sample_seed(7, "f" * 64, "a", 3)}
    rewrite(tmp_path, lambda lines: lines.append({**lines[-1], "case_id": "a", "case_hash": "ha", **extra}))
    assert "is past the last look" in refusal(tmp_path)


def test_runs_of_another_agent_are_refused(tmp_path: Path) -> None:
    looked(tmp_path)
    rewrite(tmp_path, lambda lines: [line.update(fingerprint="e") for line in lines])
    assert "another suite, agent or commit" in refusal(tmp_path)


def test_an_empty_folder_and_an_unfinished_one_have_nothing_to_add_to(tmp_path: Path) -> None:
    assert "holds no evidence to add to" in refusal(tmp_path)
    opened(tmp_path, Start.AFRESH).keep(run("a", 0))
    assert "finish it with --resume first" in refusal(tmp_path)


def test_the_chain_knows_every_look_whatever_the_order_of_the_runs() -> None:
    samples = [run("a", index) for index in range(4)]
    once = protocol().with_look(2, samples).with_look(4, samples)
    assert once == protocol().with_look(2, samples[::-1]).with_look(4, samples[::-1])
    assert once.taken[1].chain == chain_hash(once.taken[0].chain, samples[2:])
    assert once.with_look(3, samples) is once
