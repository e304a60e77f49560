"""Results in memory: their order, their first runs, and what they are known by."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.records import RECORDED
from evals.results.records import Sample, SampleStatus, first_runs, identity, in_order, text_hash
from tests.fakes.results import result

RUN = Sample("a", 0, SampleStatus.COMPLETED, True, latency_ms=1000.0, cost_usd=1.0, output_sha256="h")


@given(st.permutations(range(6)))
def test_the_order_of_lines_decides_nothing(order: list[int]) -> None:
    samples = result({"a": "+-+-+-"}).samples
    same_index = [replace(sample, sample_index=0) for sample in samples]
    assert in_order([samples[at] for at in order]) == list(samples)
    assert in_order([same_index[at] for at in order]) == in_order(same_index)


@pytest.mark.parametrize(
    "change",
    [
        {"sample_index": 1},
        {"status": SampleStatus.CAP_HIT},
        {"passed": False},
        {"latency_ms": 1001.0},
        {"cost_usd": None},
        {"cached": True},
        {"response_id": "r"},
        {"output_sha256": "i"},
    ],
)
def test_what_a_verdict_can_depend_on_tells_two_runs_apart(change: dict[str, object]) -> None:
    assert identity(replace(RUN, **change)) != identity(RUN)  # type: ignore[arg-type]


def test_how_a_number_was_written_and_what_was_only_said_tell_no_runs_apart() -> None:
    assert identity(replace(RUN, latency_ms=1000, cost_usd=1)) == identity(RUN)
    assert identity(replace(RUN, output="words", error="", seed=7, attempts=2)) == identity(RUN)


def test_the_first_runs_go_by_their_number_and_not_by_their_place() -> None:
    whole = result({"a": "+-+-", "b": "+"})
    turned = replace(whole, cases=(replace(whole.cases[0], samples=whole.cases[0].samples[::-1]),))
    assert [run.sample_index for run in first_runs(turned, 2).samples] == [1, 0]
    assert first_runs(whole, 4) == whole


def test_the_samples_of_a_result_come_case_by_case() -> None:
    keys = [(run.case_id, run.sample_index) for run in result({"b": "+-", "a": "+"}).samples]
    assert keys == [("b", 0), ("b", 1), ("a", 0)]


@pytest.mark.parametrize(("model", "replayed"), [(None, False), ("sim:a", False), (f"{RECORDED}sim:a", True)])
def test_a_result_knows_whether_its_answers_came_from_a_recording(model: str | None, replayed: bool) -> None:
    assert replace(result({}), model=model).replayed is replayed


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_any_two_texts_have_two_hashes(one: str, other: str) -> None:
    assert (text_hash(one) == text_hash(other)) is (one == other)
