"""What an evaluation began with, and what it may not change on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult
from evals.sampling.protocol import FILE, StudyProtocol, read_protocol, refuse_changes, write_protocol
from evals.sampling.schedule import Schedule, looking_schedule

FRAME = SuiteResult("s", tuple(CaseResult(name, (), case_hash=f"h{name}") for name in "abcde"))
BEGAN = StudyProtocol.of(FRAME, 7, None, looking_schedule(10))


def runs(count: int, passed: bool = True) -> list[Sample]:
    return [Sample("a", index, SampleStatus.COMPLETED, passed) for index in range(count)]


def test_a_protocol_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    looked = BEGAN.with_look(3, runs(3))
    write_protocol(tmp_path, looked)
    assert read_protocol(tmp_path) == looked


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert read_protocol(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"schema_version": 2}'])
def test_what_is_no_protocol_of_this_version_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InvalidInput):
        read_protocol(tmp_path)


def test_a_look_that_was_taken_is_not_taken_again() -> None:
    looked = BEGAN.with_look(3, runs(3))
    assert (BEGAN.looked_at, looked.looked_at) == (0, 3)
    assert looked.with_look(3, runs(3, passed=False)) is looked


def test_a_look_vouches_for_the_runs_since_the_one_before() -> None:
    looked = BEGAN.with_look(3, runs(3))
    assert looked.with_look(5, runs(5)).taken[:1] == looked.taken
    assert looked.with_look(5, runs(5)) != looked.with_look(5, [*runs(3), *runs(5, passed=False)[3:]])


def test_evidence_goes_on_under_the_protocol_it_began_with(tmp_path: Path) -> None:
    refuse_changes(tmp_path, BEGAN, BEGAN)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"suite": "t"}, "the suite's name changed, s → t"),
        ({"fingerprint": "f" * 64}, "the agent .its fingerprint. changed, None → ffffffffffff"),
        ({"commit": "c"}, "the commit changed"),
        ({"simulated": True}, "whether the model is simulated changed"),
        ({"seed": 8}, "the seed changed, 7 → 8"),
        ({"baseline": "b"}, "the baseline changed"),
        ({"cases": {}}, "the suite changed in 'a', 'b', 'c' and 2 more"),
        ({"schedule": Schedule(4)}, r"the runs planned changed, 10 \(looks .*\) → 4 \(looks none\)"),
    ],
)
def test_each_change_is_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        refuse_changes(tmp_path, BEGAN, replace(BEGAN, **change))
