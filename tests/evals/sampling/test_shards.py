"""Dividing an evaluation among machines, and finding out whether what came back is all of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import CannotMeasure, InvalidInput
from evals.results.records import Sample, SuiteResult
from evals.sampling.plan import sample_seed
from evals.sampling.shards import (
    Plan,
    Shard,
    ShardResult,
    join_shards,
    parse_shard,
    read_shard,
    runs_of,
    write_shard,
)
from evals.suite.suite_file import GateSettings
from tests.conftest import edit
from tests.fakes.results import result, with_samples

MARKS = {"refund": "++-+", "../../etc/passwd": "++++", "<script>alert(1)</script>": "----"}
WHOLE = replace(result(MARKS, case_hash="c0ffee"), fingerprint="sha256:1", commit="4b2d9aa", agent="triage")


def seeded(result: SuiteResult, seed: int) -> SuiteResult:
    """The result with the seeds that its runs were made with."""

    def own(sample: Sample) -> Sample:
        drawn = sample_seed(seed, result.fingerprint, sample.case_id, sample.sample_index)
        return replace(sample, seed=drawn)

    return with_samples(result, own)


def part(shard: Shard, whole: SuiteResult = WHOLE, **changes: object) -> ShardResult:
    """What one machine would bring back of a whole result."""
    mine = set(runs_of(shard, {case.case_id: 4 for case in whole.cases}))
    cases = tuple(
        replace(case, samples=tuple(run for run in case.samples if (run.case_id, run.sample_index) in mine))
        for case in whole.cases
    )
    plan = Plan(
        suite=whole.suite,
        fingerprint=whole.fingerprint,
        commit=whole.commit,
        simulated=whole.simulated,
        agent=whole.agent,
        model=whole.model,
        seed=7,
        samples=4,
        of=shard.of,
        cases={case.case_id: case.case_hash for case in whole.cases},
        gate=GateSettings(),
        compared=False,
    )
    measured = replace(whole, cases=tuple(case for case in cases if case.samples))
    return replace(ShardResult(plan, shard.number, seeded(measured, 7)), **changes)  # type: ignore[arg-type]


def folders(root: Path, of: int) -> list[Path]:
    """Every shard's folder, as the machines left them."""
    paths = [root / str(number) for number in range(1, of + 1)]
    for number, path in enumerate(paths, start=1):
        path.mkdir()
        write_shard(path, part(Shard(number, of)))
    return paths


def problems_of(paths: Sequence[Path]) -> str:
    return "\n".join(join_shards(paths).problems)


@given(st.integers(1, 12), st.integers(1, 30), st.integers(1, 40))
def test_every_run_is_in_exactly_one_shard_and_no_shard_has_two_more_than_another(
    cases: int, samples: int, of: int
) -> None:
    names = [f"case_{number}" for number in range(cases)]
    parts = [runs_of(Shard(number, of), dict.fromkeys(names, samples)) for number in range(1, of + 1)]
    seen = Counter(run for runs in parts for run in runs)
    assert seen == Counter({(name, index): 1 for name in names for index in range(samples)})
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@given(st.integers(1, 8), st.integers(1, 30), st.integers(1, 12))
def test_each_case_is_divided_evenly_too(cases: int, samples: int, of: int) -> None:
    names = [f"case_{number}" for number in range(cases)]
    for name in names:
        counts = [
            sum(case_id == name for case_id, _ in runs_of(Shard(number, of), dict.fromkeys(names, samples)))
            for number in range(1, of + 1)
        ]
        assert max(counts) - min(counts) <= 1


def test_one_shard_of_one_is_everything() -> None:
    assert list(runs_of(Shard(1, 1), {"a": 2, "b": 2})) == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "2", "a/b", "-1/4", "1/4/2", "1/1001", "", "²/3"])
def test_what_is_no_shard_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="as in 2/4"):
        parse_shard(text)


def test_a_shard_is_written_as_one_of_how_many() -> None:
    assert parse_shard("2/4") == Shard(2, 4)


@pytest.mark.parametrize("of", [1, 2, 4, 5, 12, 20])
def test_shards_joined_in_any_order_are_the_whole(tmp_path: Path, of: int) -> None:
    joined = join_shards(folders(tmp_path, of)[::-1])
    assert joined.result == seeded(WHOLE, 7)
    assert joined.problems == ()


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    paths = folders(tmp_path, 4)
    assert problems_of([paths[0], paths[1], paths[3]]) == "shard 3/4 is missing"


def test_a_folder_that_is_not_there_is_named_with_the_shard_it_leaves_missing(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    said = problems_of([paths[0], tmp_path / "gone"])
    assert "gone/shard.json: does not exist" in said
    assert "shard 2/2 is missing" in said


def test_a_shard_given_twice_is_named(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    assert "(shard 2/2) is there twice" in problems_of([*paths, paths[1]])


def test_a_lost_last_line_is_a_shard_cut_short(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    lines = (paths[1] / "samples.jsonl").read_text().splitlines(keepends=True)
    (paths[1] / "samples.jsonl").write_text("".join(lines[:-1]))
    said = problems_of(paths)
    assert "is cut short: 5 of 6 runs are there; missing: run 3 of" in said
    assert "shard 2/2 is missing" in said


def test_a_file_cut_in_the_middle_of_a_line_is_named_with_the_line(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    whole = (paths[1] / "samples.jsonl").read_bytes()
    (paths[1] / "samples.jsonl").write_bytes(whole[:-40])
    assert "2/samples.jsonl: is not valid JSON" in problems_of(paths)


def test_an_emptied_file_is_a_shard_cut_short(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    (paths[0] / "samples.jsonl").write_text("")
    assert "0 of 6 runs are there" in problems_of(paths)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("commit", "e81f0c2", "commit is e81f0c2, not 4b2d9aa"),
        ("fingerprint", "sha256:2", "fingerprint is sha256:2, not sha256:1"),
        ("suite", "other", "suite is other, not support-triage"),
        ("agent", "rogue", "agent is rogue, not triage"),
    ],
)
def test_a_shard_of_another_evaluation_is_foreign(tmp_path: Path, key: str, value: str, words: str) -> None:
    paths = folders(tmp_path, 3)
    write_shard(paths[2], part(Shard(3, 3), replace(WHOLE, **{key: value})))  # type: ignore[arg-type]
    said = problems_of(paths)
    assert f"(shard 3/3) is of another evaluation: {words}" in said
    assert "shard 3/3 is missing" in said


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("gate", GateSettings(margin=0.5), "what the gate is set to is margin=0.5"),
        ("compared", True, "having a baseline is True, not False"),
    ],
)
def test_a_shard_of_another_plan_is_foreign(tmp_path: Path, key: str, value: object, words: str) -> None:
    paths = folders(tmp_path, 3)
    shard = part(Shard(2, 3))
    write_shard(paths[1], replace(shard, plan=shard.plan.model_copy(update={key: value})))
    assert words in problems_of(paths)


def test_runs_of_another_seed_under_the_same_plan_do_not_pass(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    shard = part(Shard(2, 2))
    write_shard(paths[1], replace(shard, result=seeded(shard.result, 8)))
    assert "was not made with its own seed" in problems_of(paths)


def test_a_shard_that_asks_a_case_differently_is_foreign(tmp_path: Path) -> None:
    paths = folders(tmp_path, 3)
    other = replace(WHOLE, cases=tuple(replace(case, case_hash="other") for case in WHOLE.cases))
    write_shard(paths[0], part(Shard(1, 3), other))
    assert "the suite has other cases, or asks them differently" in problems_of(paths)


def test_a_shard_of_another_number_of_shards_is_foreign(tmp_path: Path) -> None:
    paths = folders(tmp_path, 3)
    write_shard(paths[2], part(Shard(3, 4)))
    assert "the number of shards is 4, not 3" in problems_of(paths)


def test_a_shard_of_a_newer_schema_cannot_be_read(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    edit(paths[1] / "shard.json", '"schema_version": 1', '"schema_version": 2')
    assert "2/shard.json: 'schema_version' is 2" in problems_of(paths)


def test_a_shard_beyond_the_last_cannot_be_read(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    edit(paths[1] / "shard.json", '"shard": 2', '"shard": 3')
    assert "there is no shard 3 of 2" in problems_of(paths)


def test_samples_of_another_commit_under_an_old_shard_file_do_not_pass(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    edit(paths[1] / "samples.jsonl", "4b2d9aa", "e81f0c2")
    assert "is of another evaluation than its shard.json" in problems_of(paths)


def test_runs_of_another_shard_do_not_pass_for_its_own(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    (paths[1] / "samples.jsonl").write_bytes((paths[0] / "samples.jsonl").read_bytes())
    assert "has runs that are not of this shard" in problems_of(paths)


def test_a_shard_that_stopped_early_is_told_with_its_reason(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    shard = part(Shard(2, 2), stopped="stopped by a signal")
    write_shard(paths[1], replace(shard, result=replace(shard.result, cases=shard.result.cases[:1])))
    said = problems_of(paths)
    assert "(shard 2/2) stopped early: stopped by a signal" in said
    assert "missing" not in said


def test_a_warning_that_several_shards_give_is_given_once(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    for number, path in enumerate(paths, start=1):
        write_shard(path, part(Shard(number, 2), warnings=("no run reported its cost",)))
    assert join_shards(paths).warnings == ("no run reported its cost",)


def test_nothing_but_strangers_is_not_measured(tmp_path: Path) -> None:
    (tmp_path / "shard.json").write_text('{"kind": "baseline"}')
    with pytest.raises(CannotMeasure, match="no shard can be read"):
        join_shards([tmp_path, tmp_path / "gone"])


def test_a_case_id_of_five_thousand_characters_is_refused_where_it_stands(tmp_path: Path) -> None:
    paths = folders(tmp_path, 2)
    edit(
        paths[1] / "samples.jsonl",
        '"case_id":"refund","sample_index":1',
        f'"case_id":"{"x" * 5000}","sample_index":1',
    )
    said = problems_of(paths)
    assert "2/samples.jsonl: 'case_id' is" in said
    assert len(said) < 1000


@given(st.binary(max_size=200))
def test_any_bytes_for_a_shard_file_are_a_problem_and_no_crash(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("shard")
    (folder / "shard.json").write_bytes(data)
    with pytest.raises(InvalidInput):
        read_shard(folder)


def test_the_shard_file_says_what_it_is_a_part_of(tmp_path: Path) -> None:
    write_shard(tmp_path, part(Shard(2, 4)))
    document = json.loads((tmp_path / "shard.json").read_text())
    plan = document["plan"]
    assert (document["shard"], plan["of"], plan["seed"], plan["samples"]) == (2, 4, 7, 4)
    assert plan["cases"] == dict.fromkeys(MARKS, "c0ffee")


def test_cases_may_have_different_numbers_of_runs() -> None:
    parts = [runs_of(Shard(number, 2), {"a": 3, "b": 1}) for number in (1, 2)]
    assert sorted(run for part in parts for run in part) == [("a", 0), ("a", 1), ("a", 2), ("b", 0)]
