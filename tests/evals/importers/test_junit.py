"""JUnit XML, of pytest and of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from evals.importers import import_results
from evals.importers.junit import read_junit
from evals.results.records import SampleStatus, SuiteResult

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "imports" / "pytest.xml"


def report(folder: Path, testcases: str, head: str = "") -> Path:
    path = folder / "junit.xml"
    path.write_text(
        f'<?xml version="1.0"?>{head}<testsuite name="s">{testcases}</testsuite>', encoding="utf-8"
    )
    return path


def outcomes(path: Path) -> dict[str, list[bool | None]]:
    return _outcomes(import_results([path], read_junit).result)


def _outcomes(result: SuiteResult) -> dict[str, list[bool | None]]:
    return {case.case_id: [sample.passed for sample in case.samples] for case in result.cases}


def problem(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_junit(path)
    return str(caught.value)


def test_what_pytest_wrote_comes_through_with_its_repeats_as_runs() -> None:
    assert outcomes(RECORDED) == {
        "support_pytest.test_refund": [True, True, True],
        "support_pytest.test_parcel": [True, False, True],
        "support_pytest.test_password": [True, None, True],
        "support_pytest.test_invoice": [True, True, True],
    }


def test_skipped_tests_are_left_out_and_counted() -> None:
    assert read_junit(RECORDED).left_out == 3


def test_an_error_is_infrastructure_and_a_failure_keeps_its_words() -> None:
    cases = {case.case_id: case.samples for case in import_results([RECORDED], read_junit).result.cases}
    lost, wrong = cases["support_pytest.test_password"][1], cases["support_pytest.test_parcel"][1]
    assert lost.status is SampleStatus.INFRA_ERROR
    assert "the endpoint answered 500" in (lost.error or "")
    assert "'Tuesday' in 'I do not know'" in wrong.grades[0].reason


def test_tests_of_the_same_name_are_runs_of_one_case(tmp_path: Path) -> None:
    one = '<testcase classname="c" name="a" time="0.25"/>'
    path = report(tmp_path, f'{one}<testcase classname="c" name="a"><failure/></testcase>')
    assert outcomes(path) == {"c.a": [True, False]}


def test_seconds_become_milliseconds_even_with_a_separator(tmp_path: Path) -> None:
    path = report(tmp_path, '<testcase name="a" time="1,234.5"/>')
    assert read_junit(path).runs[0].sample.latency_ms == 1_234_500


def test_a_test_with_two_parameters_is_no_repeat(tmp_path: Path) -> None:
    path = report(tmp_path, '<testcase name="a[1-3]"/><testcase name="a[3-3]"/>')
    assert set(outcomes(path)) == {"a[1-3]", "a[3-3]"}


def test_repeats_of_a_test_with_parameters_are_runs_of_each(tmp_path: Path) -> None:
    names = [f"a[{parameter}-{number}-2]" for parameter in ("x", "y") for number in (1, 2)]
    path = report(tmp_path, "".join(f'<testcase name="{name}"/>' for name in names))
    assert outcomes(path) == {"a[x]": [True, True], "a[y]": [True, True]}


def test_the_tries_that_a_runner_replaced_by_another_are_runs_too(tmp_path: Path) -> None:
    flaky = '<testcase name="a"><flakyFailure message="m"/><flakyError/></testcase>'
    rerun = '<testcase name="b"><failure/><rerunFailure/></testcase>'
    assert outcomes(report(tmp_path, flaky + rerun)) == {"a": [False, None, True], "b": [False, False]}


def test_a_test_that_its_runner_calls_not_run_is_left_out(tmp_path: Path) -> None:
    path = report(tmp_path, '<testcase name="a" status="notrun"/><testcase name="b"/>')
    assert read_junit(path).left_out == 1


def test_an_entity_bomb_is_refused_before_it_expands(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    path = report(tmp_path, '<testcase name="&b;"/>', bomb)
    assert f"{path}:1: declares a document type" in problem(path)


def test_a_file_outside_is_never_fetched(tmp_path: Path) -> None:
    secret = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    assert "declares a document type" in problem(report(tmp_path, '<testcase name="&a;"/>', secret))


def test_a_cut_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text('<testsuite>\n<testcase name="a"/>\n<testcase na')
    assert f"{path}:3: is not valid XML" in problem(path)


@pytest.mark.parametrize(
    ("testcases", "words"),
    [
        ('<testcase time="1"/>', "a <testcase> has no name"),
        ('<testcase name="a" time="soon"/>', "time 'soon' is not a number of seconds"),
        ('<testcase name="a" time="-1"/>', "time '-1' is not a number of seconds"),
        ('<testcase name="a" time="nan"/>', "time 'nan' is not a number of seconds"),
        ("<a>" * 200 + "</a>" * 200, "nests too deeply"),
    ],
)
def test_what_is_wrong_in_a_report_is_told(tmp_path: Path, testcases: str, words: str) -> None:
    assert words in problem(report(tmp_path, testcases))


def test_a_page_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("<html></html>")
    assert "is not a JUnit report: it starts with <html>" in problem(tmp_path / "x.html")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "does not exist" in problem(tmp_path / "gone.xml")


def test_an_encoding_nobody_knows_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text('<?xml version="1.0" encoding="martian"?><testsuite/>')
    assert "is not valid XML" in problem(tmp_path / "x.xml")


def test_a_message_of_megabytes_is_cut(tmp_path: Path) -> None:
    path = report(tmp_path, f'<testcase name="a"><failure message="m">{"x" * 3_000_000}</failure></testcase>')
    assert len(read_junit(path).runs[0].sample.grades[0].reason) <= 100_001


@given(st.binary(max_size=300))
def test_any_bytes_are_a_problem_and_no_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("junit") / "x.xml"
    path.write_bytes(data)
    with pytest.raises(InvalidInput):
        import_results([path], read_junit)
