"""Grading saved samples again: the same words, other judges, and no call of the agent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.canary.preparation import CanaryOptions
from evals.canary.regrading import attempts_of
from evals.results.records import CaseResult, Event, Grade, Sample, SampleStatus, SuiteResult
from evals.results.samples import read_samples, write_samples
from evals.results.texts import LONGEST, LongTexts
from evals.results.verdict import Verdict
from tests.conftest import edit
from tests.fakes.canaries import canary_verdict, graded_again

FIRST = "success: \"amount==15 and contains('refund processed')\""


@pytest.fixture
def ran(starter: Path) -> Path:
    options = CanaryOptions(suite=starter / "suite.yaml", samples=4, out=starter / "out")
    canary_verdict(options, {})
    return starter


def again(folder: Path, results: str = "out", **changes: object) -> Verdict:
    options = CanaryOptions(suite=folder / "suite.yaml", out=folder / "again")
    return graded_again(folder / results, replace(options, **changes), {})  # type: ignore[arg-type]


def test_unchanged_graders_say_the_same_of_every_saved_run(ran: Path) -> None:
    verdict = again(ran)
    assert "0 of 48 runs are judged otherwise than before." in verdict.warnings[0]
    before, after = (read_samples(ran / name / "samples.jsonl") for name in ("out", "again"))
    assert before == after
    files = {"report.html", "verdict.json", "summary.md", "junit.xml", "samples.jsonl"}
    assert {path.name for path in (ran / "again").iterdir()} == files


def test_a_changed_grader_changes_the_verdict_and_not_what_was_said(ran: Path) -> None:
    edit(ran / "suite.yaml", FIRST, 'success: "amount==16"')
    again(ran)
    before, after = (read_samples(ran / name / "samples.jsonl").cases[0] for name in ("out", "again"))
    assert [sample.passed for sample in after.samples] == [False] * 4
    assert [sample.output for sample in after.samples] == [sample.output for sample in before.samples]
    assert after.case_hash != before.case_hash


def test_a_case_whose_input_changed_is_left_out_and_named(ran: Path) -> None:
    edit(ran / "suite.yaml", "please refund $15 for order #123", "please refund $16 for order #123")
    verdict = again(ran)
    assert any("their input changed: `refund_15_small`" in warning for warning in verdict.warnings)
    assert len(read_samples(ran / "again/samples.jsonl").cases) == 11


def test_cases_that_only_one_side_has_are_named(ran: Path) -> None:
    edit(ran / "suite.yaml", 'case_id: "angry_customer"', 'case_id: "angry_person"')
    warnings = " ".join(again(ran).warnings)
    assert "the suite no longer has them: `angry_customer`" in warnings
    assert "Without a saved run: `angry_person`" in warnings


def test_no_case_left_to_grade_is_bad_input(ran: Path) -> None:
    lines = (ran / "out/samples.jsonl").read_text().splitlines()
    other = [json.loads(line) | {"input_text": "something else"} for line in lines]
    (ran / "other.jsonl").write_text("\n".join(map(json.dumps, other)))
    with pytest.raises(InvalidInput, match="no case of the suite with the same input"):
        again(ran, "other.jsonl")


def test_results_without_outputs_cannot_be_graded(ran: Path) -> None:
    (ran / "bare.jsonl").write_text('{"case_id": "refund_15_small", "sample_index": 0, "passed": true}\n')
    with pytest.raises(InvalidInput, match="holds no outputs"):
        again(ran, "bare.jsonl")


def test_the_samples_are_never_overwritten(ran: Path) -> None:
    with pytest.raises(InvalidInput, match="holds the samples to grade"):
        again(ran, out=ran / "out")


def saved_runs(*transcripts: tuple[Event, ...]) -> SuiteResult:
    samples = tuple(
        Sample("a", index, SampleStatus.COMPLETED, True, output="x", transcript=transcript)
        for index, transcript in enumerate(transcripts)
    )
    return SuiteResult("s", (CaseResult("a", samples),))


def test_no_call_means_none_was_made_where_other_runs_show_some() -> None:
    search = Event("tool", "", tool="kb.search", arguments="{}")
    attempts = attempts_of(saved_runs((search,), ()))
    assert [call.name for call in attempts["a", 0].tool_calls or ()] == ["kb.search"]
    assert attempts["a", 1].tool_calls == ()


def test_silence_about_tools_in_every_run_stays_silence() -> None:
    assert attempts_of(saved_runs((), ()))["a", 0].tool_calls is None


def test_placeholders_of_redaction_are_mentioned(ran: Path) -> None:
    lines = (ran / "out/samples.jsonl").read_text()
    (ran / "mail.jsonl").write_text(lines.replace("Refund processed", "Mailed [EMAIL_1]"))
    assert any("hold placeholders" in warning for warning in again(ran, "mail.jsonl").warnings)


def test_a_long_answer_is_judged_whole(ran: Path) -> None:
    edit(ran / "suite.yaml", FIRST, "success: \"contains('at the very end')\"")
    long_texts, long = LongTexts(ran / "out"), "x" * LONGEST + " at the very end"
    saved = read_samples(ran / "out/samples.jsonl")
    cut = [long_texts.cut(replace(sample, output=long)) for sample in saved.cases[0].samples]
    cases = (replace(saved.cases[0], samples=tuple(cut)), *saved.cases[1:])
    write_samples(ran / "out/samples.jsonl", replace(saved, cases=cases))
    again(ran)
    first = read_samples(ran / "again/samples.jsonl").cases[0].samples[0]
    assert (first.grades[-1], first.output) == (Grade("success", True), cut[0].output)
    assert len(list((ran / "again/artifacts").iterdir())) >= 1
