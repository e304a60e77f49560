from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agent_runtime.errors import InvalidInput
from evals.results.baseline import (
    CaseSummary,
    baseline_schema,
    load_reference,
    read_baseline,
    save_baseline,
    summarize,
)
from evals.results.records import CaseResult, Event, Sample, SampleStatus, SuiteResult
from evals.results.samples import write_samples

LONG = "a" * 600


def run(case_id: str, index: int, passed: bool | None, **more: Any) -> Sample:
    status = more.pop("status", SampleStatus.COMPLETED)
    return Sample(case_id, index, status, passed, **more)


def result(*cases: CaseResult) -> SuiteResult:
    return SuiteResult("support", cases, "f1", "c1", simulated=True, agent="bot", model="sim:x")


def two_cases() -> SuiteResult:
    timeout = run("b", 1, False, status=SampleStatus.AGENT_TIMEOUT, latency_ms=9000.04)
    return result(
        CaseResult(
            "b",
            (
                run("b", 0, True, latency_ms=812.34567, cost_usd=0.1 + 0.2, output="fine"),
                timeout,
                run("b", 2, False, output="write to a@b.example", transcript=(Event("plan", "secret"),)),
                run("b", 3, None, status=SampleStatus.INFRA_ERROR),
            ),
            case_hash="h1",
            input_text="the question",
        ),
        CaseResult("a", (run("a", 0, True),)),
    )


def saved(folder: Path, result: SuiteResult) -> Path:
    save_baseline(
        folder / "baselines" / "support.json", result, lambda text: text.replace("a@b.example", "[EMAIL_1]")
    )
    return folder / "baselines" / "support.json"


def test_a_saved_baseline_is_read_back_with_its_runs(tmp_path: Path) -> None:
    found = read_baseline(saved(tmp_path, two_cases()))
    assert (found.suite, found.fingerprint, found.commit) == ("support", "f1", "c1")
    assert (found.simulated, found.agent, found.model) == (True, "bot", "sim:x")
    assert found.cases == (
        CaseResult("a", (run("a", 0, True),)),
        CaseResult(
            "b",
            (
                run("b", 0, True, latency_ms=812.3, cost_usd=0.3),
                run("b", 1, False, status=SampleStatus.AGENT_TIMEOUT, latency_ms=9000.0),
                run("b", 2, False, output="write to [EMAIL_1]"),
                run("b", 3, None, status=SampleStatus.INFRA_ERROR),
            ),
            case_hash="h1",
        ),
    )


def test_the_file_shows_one_run_a_line_and_no_inputs_or_transcripts(tmp_path: Path) -> None:
    text = saved(tmp_path, two_cases()).read_text()
    assert '        {"run": 0, "passed": true, "latency_ms": 812.3, "cost_usd": 0.3},\n' in text
    assert '        {"run": 1, "passed": false, "status": "agent_timeout", "latency_ms": 9000.0},\n' in text
    assert "the question" not in text
    assert "secret" not in text


def test_saving_again_gives_the_same_bytes_whatever_the_order(tmp_path: Path) -> None:
    first = saved(tmp_path, two_cases()).read_bytes()
    cases = two_cases().cases
    turned = [CaseResult(c.case_id, c.samples[::-1], c.case_hash) for c in cases[::-1]]
    assert saved(tmp_path, result(*turned)).read_bytes() == first
    assert saved(tmp_path, read_baseline(saved(tmp_path, two_cases()))).read_bytes() == first


def test_the_file_keeps_to_its_published_schema(tmp_path: Path) -> None:
    Draft202012Validator.check_schema(baseline_schema())
    content = json.loads(saved(tmp_path, two_cases()).read_text())
    Draft202012Validator(baseline_schema()).validate(content)


def test_a_failing_output_is_redacted_before_it_is_cut(tmp_path: Path) -> None:
    output = "x" * 495 + "a@b.example" + LONG
    [case] = read_baseline(
        saved(tmp_path, result(CaseResult("a", (run("a", 0, False, output=output),))))
    ).cases
    assert case.samples[0].output == "x" * 495 + "[EMA…"


def test_what_does_not_print_is_escaped_for_the_reviewer_and_read_back(tmp_path: Path) -> None:
    output = "\x1b[31m\u202eevil\x9b\ud800 größe"
    path = saved(tmp_path, result(CaseResult("a", (run("a", 0, False, output=output),))))
    assert "\\u001b[31m\\u202eevil\\u009b\\ud800 größe" in path.read_text(encoding="utf-8")
    assert read_baseline(path).samples[0].output == output


def test_a_repeated_response_is_kept_as_evidence_of_a_cache(tmp_path: Path) -> None:
    runs = tuple(run("a", index, True, response_id="r1") for index in range(3))
    found = read_baseline(saved(tmp_path, result(CaseResult("a", runs))))
    assert [sample.cached for sample in found.samples] == [False, True, True]


def test_runs_without_response_ids_are_no_evidence_of_a_cache(tmp_path: Path) -> None:
    runs = tuple(run("a", index, True) for index in range(2))
    found = read_baseline(saved(tmp_path, result(CaseResult("a", runs))))
    assert not any(sample.cached for sample in found.samples)


def test_twelve_cases_of_thirty_runs_stay_below_40_kb(tmp_path: Path) -> None:
    cases = [
        CaseResult(
            f"case_{number:02}",
            tuple(
                run(f"case_{number:02}", i, i > 3, latency_ms=812.345, cost_usd=4.1e-4, output=LONG)
                for i in range(30)
            ),
        )
        for number in range(12)
    ]
    assert saved(tmp_path, result(*cases)).stat().st_size < 40_000


def test_a_result_without_runs_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="would hold no runs"):
        saved(tmp_path, result(CaseResult("a", ())))


def wrong(folder: Path, content: str) -> InvalidInput:
    (folder / "b.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_reference(folder / "b.json")
    return caught.value


@pytest.mark.parametrize(
    ("content", "what", "line"),
    [
        ("", "is empty", None),
        ("hello", "is not valid JSON", 1),
        ("{\n  broken", "is not valid JSON", 2),
        ("[]", "is not a baseline", None),
        ("{}", "'case_id' is missing", 1),
        ('{\n"verdict": "pass"\n}', "it is a verdict.json", None),
        ('{"verdict": "pass"}', "it is a verdict.json", None),
        ('{"kind": "baseline",\n"schema_version": 9}', "has schema_version 9, newer than 1", 2),
        ('{\n"kind": "baseline"\n}', "'schema_version' is missing", 1),
        ('{\n<<<<<<< HEAD\n"suite": "a"', "has an unresolved merge conflict", 2),
    ],
)
def test_what_is_no_baseline_is_refused_and_says_what_it_is(
    tmp_path: Path, content: str, what: str, line: int | None
) -> None:
    problem = wrong(tmp_path, content).problems[0]
    assert what in problem.what
    assert problem.line == line
    assert problem.fix


@pytest.mark.parametrize(
    ("old", "new", "what", "line"),
    [
        ('"passed": false', '"passed": "no"', "cases.b.runs.1.passed' is 'no'", 21),
        ('"latency_ms": 812.3', '"latency_ms": -1', "cases.b.runs.0.latency_ms' is -1", 20),
        ('"status": "agent_timeout"', '"status": "done"', "cases.b.runs.1.status' is 'done'", 21),
        ('"run": 2, "passed"', '"run": 1, "passed"', "has a run twice", 17),
        ('"case_hash": "h1"', '"case_hsah": "h1"', "unknown key 'case_hsah'", 18),
    ],
)
def test_a_spoiled_baseline_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, what: str, line: int
) -> None:
    text = saved(tmp_path, two_cases()).read_text()
    assert old in text
    problem = wrong(tmp_path, text.replace(old, new, 1)).problems[0]
    assert what in problem.what
    assert problem.line == line


def test_a_reference_may_be_a_baseline_samples_or_the_folder_they_are_in(tmp_path: Path) -> None:
    path = saved(tmp_path, two_cases())
    write_samples(tmp_path / "samples.jsonl", two_cases())
    (tmp_path / "any.name").write_bytes((tmp_path / "samples.jsonl").read_bytes())
    assert load_reference(path) == read_baseline(path)
    for place in ("samples.jsonl", "any.name", "."):
        assert load_reference(tmp_path / place) == two_cases()


def test_a_line_of_another_harness_may_have_any_further_key(tmp_path: Path) -> None:
    (tmp_path / "s").write_text('{"case_id": "a", "sample_index": 0, "passed": true, "verdict": "good"}')
    assert load_reference(tmp_path / "s").samples == (run("a", 0, True),)


def test_a_samples_file_cut_off_in_its_first_line_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"case_id": "a", "sam')
    with pytest.raises(InvalidInput, match=r"jsonl:1: is not valid JSON.*\n.*cut off"):
        load_reference(tmp_path / "s.jsonl")


@pytest.mark.parametrize(
    ("place", "what"),
    [("none.json", "does not exist"), ("none.jsonl", "does not exist"), (".", "without samples")],
)
def test_a_reference_that_is_not_there_is_a_clear_error(tmp_path: Path, place: str, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        load_reference(tmp_path / place)


def test_the_summary_counts_measured_runs_only() -> None:
    b, a = summarize(two_cases())
    assert b == CaseSummary("b", passed=1, runs=3)
    assert (b.success_rate, a.success_rate) == (1 / 3, 1.0)
    [unmeasured] = summarize(result(CaseResult("a", (run("a", 0, None),))))
    assert unmeasured.success_rate is None
