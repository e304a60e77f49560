from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agent_runtime.errors import InvalidInput
from evals.results.records import (
    CaseResult,
    Event,
    Grade,
    GraderBroke,
    NoMajority,
    NotObserved,
    Sample,
    SampleStatus,
    SuiteResult,
)
from evals.results.samples import copy_samples, read_samples, sample_line, samples_schema, write_samples

TEXT = st.text(st.characters(codec=None), max_size=20)
NUMBER = st.none() | st.floats(0, 1e9)
EVENTS = st.builds(
    Event,
    role=TEXT,
    text=TEXT,
    tool=st.none() | TEXT,
    arguments=st.none() | TEXT,
    flags=st.lists(TEXT, max_size=2).map(tuple),
    latency_ms=NUMBER,
    cost_usd=NUMBER,
    tokens=st.none() | st.integers(0, 99),
)
GRADES = st.one_of(
    st.builds(Grade, TEXT, st.booleans(), TEXT),
    st.builds(GraderBroke, TEXT, TEXT),
    st.builds(NoMajority, TEXT, TEXT),
    st.builds(NotObserved, TEXT, TEXT),
)


@st.composite
def samples(draw: st.DrawFn, case_id: str, index: int) -> Sample:
    status = draw(st.sampled_from(SampleStatus))
    passed = st.none() | (st.booleans() if status is SampleStatus.COMPLETED else st.just(False))
    return Sample(
        case_id=case_id,
        sample_index=index,
        status=status,
        passed=None if status is SampleStatus.INFRA_ERROR else draw(passed),
        grades=tuple(draw(st.lists(GRADES, max_size=2))),
        latency_ms=draw(NUMBER),
        tokens=draw(st.none() | st.integers(0, 99)),
        cost_usd=draw(st.none() | st.floats(-1, 1e9)),
        output=draw(st.none() | TEXT),
        output_sha256=draw(st.none() | TEXT),
        transcript=tuple(draw(st.lists(EVENTS, max_size=2))),
        error=draw(st.none() | TEXT),
        cached=draw(st.booleans()),
        attempts=draw(st.integers(1, 3)),
    )


@st.composite
def results(draw: st.DrawFn) -> SuiteResult:
    case_ids = draw(st.lists(st.text("ab/é ", min_size=1, max_size=5), min_size=1, max_size=3, unique=True))
    cases = []
    for case_id in case_ids:
        indexes = draw(st.sets(st.integers(0, 20), min_size=1, max_size=3))
        runs = tuple(draw(samples(case_id, index)) for index in sorted(indexes))
        tags = tuple(draw(st.lists(TEXT, max_size=2)))
        cases.append(CaseResult(case_id, runs, draw(TEXT), tags, draw(st.booleans()), draw(TEXT)))
    about = [draw(st.none() | TEXT) for _ in range(4)]
    return SuiteResult(draw(TEXT), tuple(cases), about[0], about[1], draw(st.booleans()), about[2], about[3])


def result(*runs: Sample, **more: Any) -> SuiteResult:
    return SuiteResult("suite", (CaseResult("a", runs),), **more)


def run(index: int = 0, passed: bool | None = True, **more: Any) -> Sample:
    return Sample("a", index, SampleStatus.COMPLETED, passed, **more)


def read(folder: Path, *lines: object, end: str = "\n") -> SuiteResult:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "s.jsonl").write_text("\n".join(texts) + end, encoding="utf-8")
    return read_samples(folder / "s.jsonl")


def line(**more: Any) -> dict[str, Any]:
    return {"case_id": "a", "sample_index": 0, "passed": True} | more


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(results())
def test_what_is_written_is_read_back_whole(tmp_path: Path, written: SuiteResult) -> None:
    write_samples(tmp_path / "s.jsonl", written)
    assert read_samples(tmp_path / "s.jsonl") == written


def test_samples_are_written_in_order_whatever_order_they_came_in(tmp_path: Path) -> None:
    for name, runs in (("1", (run(0), run(1))), ("2", (run(1), run(0)))):
        write_samples(tmp_path / name, result(*runs))
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_a_line_written_alone_can_be_read(tmp_path: Path) -> None:
    about = SuiteResult("suite", (), fingerprint="f", simulated=True)
    text = sample_line(run(3, output="x"), CaseResult("a", (), case_hash="h"), about)
    found = read(tmp_path, text)
    assert (found.fingerprint, found.simulated, found.cases[0].case_hash) == ("f", True, "h")
    assert found.samples == (run(3, output="x"),)


def test_every_written_line_keeps_to_the_published_schema() -> None:
    schema = samples_schema()
    Draft202012Validator.check_schema(schema)
    sample = run(grades=(GraderBroke("g", "r"),), transcript=(Event("plan", "x"),), cost_usd=-1.0)
    Draft202012Validator(schema).validate(json.loads(sample_line(sample, CaseResult("a", ()), result())))
    Draft202012Validator(schema).validate({"case_id": 7, "sample_index": 0, "passed": None})


def test_a_foreign_line_needs_three_keys_and_its_cases_keep_their_first_order(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {"case_id": "z", "sample_index": 1, "passed": False},
        {"case_id": 7, "sample_index": 0, "passed": None},
        "",
        {"case_id": "z", "sample_index": 0, "passed": True},
    )
    assert found.suite == ""
    assert [(s.case_id, s.sample_index, s.passed) for s in found.samples] == [
        ("z", 0, True),
        ("z", 1, False),
        ("7", 0, None),
    ]


def test_foreign_keys_are_ignored_even_if_they_have_our_names(tmp_path: Path) -> None:
    foreign = line(
        output={"a": 1}, tokens={"in": 5}, tags="x", grades=3, model=["m"], extra=None, agent="bot"
    )
    found = read(tmp_path, foreign)
    assert found.samples == (run(),)
    assert found.agent == "bot"


def test_a_foreign_null_is_as_good_as_an_absent_key(tmp_path: Path) -> None:
    assert read(tmp_path, line(status=None, cached=None, latency_ms=None, suite=None)).samples == (run(),)


def test_an_infrastructure_error_is_unmeasured_whatever_the_line_says(tmp_path: Path) -> None:
    assert read(tmp_path, line(passed=False, status="infra_error")).samples[0].passed is None


def test_a_negative_cost_is_kept(tmp_path: Path) -> None:
    assert read(tmp_path, line(cost_usd=-0.5)).samples[0].cost_usd == -0.5


def test_a_byte_order_mark_windows_ends_and_line_separators_in_a_text_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    text = '\ufeff{"case_id":"a","sample_index":0,"passed":true,"output":"x\u2028y\x85"}\r\n'
    path.write_bytes(text.encode())
    assert read_samples(path).samples == (run(output="x\u2028y\x85"),)


def test_of_a_large_file_only_the_texts_that_a_report_shows_are_kept(tmp_path: Path) -> None:
    marks = {4: True, 1: False, 3: False, 0: True, 2: True}
    runs = (run(index, passed, output=f"{index}") for index, passed in marks.items())
    lines = [sample_line(sample, CaseResult("a", ()), result()) for sample in runs]
    (tmp_path / "s.jsonl").write_text("\n".join(lines))
    samples = read_samples(tmp_path / "s.jsonl", keep_text=False).samples
    assert [sample.output for sample in samples] == ["0", "1", None, None, None]


def test_without_its_text_a_run_still_says_why_it_failed(tmp_path: Path) -> None:
    broke = GraderBroke("judge", "r" * 5_000)
    write_samples(tmp_path / "s.jsonl", result(run(passed=None, output="x", grades=(broke,))))
    [sample] = read_samples(tmp_path / "s.jsonl", keep_text=False).samples
    assert (sample.output, sample.grades) == (None, (GraderBroke("judge", "r" * 1_000),))


def test_lines_are_copied_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"case_id": 1}\r\n\n{"odd":  2}')
    copy_samples(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_bytes() == b'{"case_id": 1}\n{"odd":  2}\n'


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ('{"case_id": "a", "sample_', "is not valid JSON: Unterminated string"),
        ("[1]", "is not a JSON object"),
        ('{"case_id": "a", "case_id": "b", "sample_index": 0, "passed": true}', "appears twice"),
        (line(sample_index=1, cost_usd=float("nan")), "NaN is not a JSON number"),
        ({"sample_index": 1, "passed": True}, "'case_id' is missing"),
        ({"case_id": "a", "passed": True}, "'sample_index' is missing"),
        ({"case_id": "a", "sample_index": 1}, "'passed' is missing"),
        (line(sample_index=1, passed="yes"), "'passed' is 'yes'"),
        (line(sample_index=1, passed=1), "'passed' is 1"),
        (line(sample_index=-1), "'sample_index' is -1"),
        (line(sample_index=1.5), "'sample_index' is 1.5"),
        (line(sample_index=True), "'sample_index' is True"),
        (line(case_id=""), "'case_id' is ''"),
        (line(case_id=True), "'case_id' is True"),
        (line(sample_index=1, latency_ms=-5), "'latency_ms' is -5"),
        (line(sample_index=1, latency_ms="5"), "'latency_ms' is '5'"),
        (line(sample_index=1, status="done"), "'status' is 'done'"),
        (
            line(sample_index=1, status="agent_timeout"),
            "passed is true, but status agent_timeout is a failure",
        ),
        (line(), "sample 0 of case 'a' is already on line 1"),
        (line(sample_index=1, suite="b"), "suite is 'b', but '' in the first line"),
        (line(sample_index=1, fingerprint="b"), "fingerprint is 'b', but None in the first line"),
        (line(sample_index=1, simulated=True), "simulated is True, but False in the first line"),
        (line(sample_index=1, case_hash="b"), "case 'a' has another case_hash than before"),
        (line(sample_index=1, schema_version=2), "has schema_version 2, newer than 1"),
        (line(sample_index=1, schema_version=1, tokens="many"), "'tokens' is 'many'"),
    ],
)
def test_a_bad_line_is_refused_with_its_file_line_and_repair(
    tmp_path: Path, wrong: object, what: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, line(), wrong)
    [problem] = caught.value.problems
    assert (problem.file, problem.line) == (str(tmp_path / "s.jsonl"), 2)
    assert what in problem.what
    assert problem.fix


def test_a_line_cut_in_the_middle_at_the_end_says_the_file_was_cut_off(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="the file was cut off here: delete this line"):
        read(tmp_path, line(), '{"case_id": "a", "sam', end="")


def test_every_bad_line_is_told_at_once_up_to_twenty(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, *("x" for _ in range(50)))
    assert [problem.line for problem in caught.value.problems] == list(range(1, 21))


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_a_file_without_samples_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InvalidInput, match="has no samples"):
        read(tmp_path, content, end="")


def test_a_missing_binary_or_unreadable_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\n\xff\xfe")
    for name, what in (("none", "does not exist"), ("binary", ":2: is not UTF-8"), ("", "cannot be read")):
        with pytest.raises(InvalidInput, match=what):
            read_samples(tmp_path / name)


def test_a_place_that_cannot_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_samples(tmp_path / "file" / "s.jsonl", result(run()))


def test_a_write_that_breaks_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    write_samples(path, result(run()))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_samples(path, result(run(latency_ms=float("nan"))))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=80) | st.lists(st.sampled_from([b'{"case_id":"a"', b"}", b",", b"\n"])).map(b"".join)
)
def test_any_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.jsonl").write_bytes(content)
    with pytest.raises(InvalidInput):
        read_samples(tmp_path / "s.jsonl")


def test_why_there_is_no_grade_survives_the_file(tmp_path: Path) -> None:
    grades = (GraderBroke("a", "KeyError"), NoMajority("b", "1 pass, 1 fail"), NotObserved("c"))
    write_samples(tmp_path / "s.jsonl", result(run(passed=None, grades=grades)))
    assert read_samples(tmp_path / "s.jsonl").samples[0].grades == grades
