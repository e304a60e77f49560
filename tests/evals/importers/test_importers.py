"""Several files of one harness as one evaluation."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.importers import import_results, suite_name
from evals.importers.interface import Imported, ImportedRun, short_id
from evals.results.baseline import load_reference
from evals.results.records import CaseResult, Grade, GraderBroke, Sample, SampleStatus
from evals.results.samples import read_samples, write_samples


def run(case_id: str, passed: bool | None = True, *, case_hash: str = "", output: str = "ok") -> ImportedRun:
    status = SampleStatus.INFRA_ERROR if passed is None else SampleStatus.COMPLETED
    sample = Sample(
        case_id,
        0,
        status,
        passed,
        (GraderBroke("g", output) if passed is None else Grade("g", passed, output),),
        output=output,
    )
    return ImportedRun(CaseResult(case_id, (), case_hash, input_text=output), sample)


def imported(*files: Imported, suite: str | None = None) -> dict[str, list[int]]:
    contents = {Path(f"{number}.json"): content for number, content in enumerate(files)}
    result = import_results(list(contents), contents.__getitem__, suite).result
    return {case.case_id: [sample.sample_index for sample in case.samples] for case in result.cases}


def test_runs_of_a_case_are_numbered_through_all_files() -> None:
    first, second = Imported((run("b"), run("a"), run("b"))), Imported((run("b"), run("a")))
    assert imported(first, second) == {"b": [0, 1, 2], "a": [0, 1]}


def test_files_of_two_candidates_are_not_repeats() -> None:
    with pytest.raises(InvalidInput, match=r"1\.json: holds model x, but 0\.json holds model y"):
        imported(Imported((run("a"),), arm="model y"), Imported((run("a"),), arm="model x"))


def test_a_case_that_asks_something_else_in_the_second_file_is_not_a_repeat() -> None:
    with pytest.raises(InvalidInput, match="case 'a' has another input"):
        imported(Imported((run("a", case_hash="1"),)), Imported((run("a", case_hash="2"),)))


def test_a_run_that_was_never_made_does_not_contradict_its_case() -> None:
    files = Imported((run("a"),)), Imported((run("a", case_hash="1"),)), Imported((run("a"),))
    assert imported(*files) == {"a": [0, 1, 2]}


def test_a_file_without_results_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"1\.json: holds no results that were run"):
        imported(Imported((run("a"),)), Imported(()))


def test_personal_data_does_not_reach_the_samples(tmp_path: Path) -> None:
    content = Imported((run("a", False, output="mail bob@example.com"),))
    write_samples(tmp_path / "s.jsonl", import_results([Path("x")], lambda _: content).result)
    assert "bob" not in (tmp_path / "s.jsonl").read_text()


@pytest.mark.parametrize("case_id", ["../../etc/passwd", "<script>alert(1)</script>", "x" * 5000, "\ud800"])
def test_any_case_id_comes_through_in_a_form_that_can_be_read_again(tmp_path: Path, case_id: str) -> None:
    write_samples(
        tmp_path / "s.jsonl", import_results([Path("x")], lambda _: Imported((run(case_id),))).result
    )
    assert [case.case_id for case in read_samples(tmp_path / "s.jsonl").cases] == [short_id(case_id)]


def test_long_case_ids_that_begin_alike_stay_apart() -> None:
    assert short_id("x" * 5000) != short_id("x" * 4999)
    assert len(short_id("x" * 5000)) == 200


def test_the_name_of_a_suite_cannot_leave_its_folder() -> None:
    assert suite_name("../../etc/cron.d/x y") == "etc-cron.d-x-y"


def test_a_given_name_that_cannot_be_a_file_name_is_refused_with_one_that_can() -> None:
    with pytest.raises(InvalidInput, match="write 'a-b'"):
        imported(Imported((run("a"),)), suite="a/b")


def test_the_summary_counts_what_was_not_measured_and_what_was_left_out() -> None:
    content = Imported((run("a"), run("a", False), run("b", None)), left_out=2)
    summary = import_results([Path("x")], lambda _: content).summary
    assert summary == "3 runs of 2 cases · 1 passed, 1 failed · 1 not measured · 2 skipped and left out"


def test_an_import_is_a_reference_like_any_other(tmp_path: Path) -> None:
    write_samples(tmp_path / "s.jsonl", import_results([Path("x")], lambda _: Imported((run("a"),))).result)
    assert len(load_reference(tmp_path / "s.jsonl").samples) == 1
